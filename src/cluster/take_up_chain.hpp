#pragma once

#include "cluster/meter_host.hpp"
#include "cluster/network.hpp"
#include "cluster/run_files.hpp"
#include "cluster/trading_run.hpp"
#include "consensus/executor.hpp"

namespace gridtally::cluster {

/// Where a run that goes on stands: every rank executes the chain of `output`'s archive, from
/// `first` on. Its meters have the battery levels of sealed days from their private files; later
/// days they solve once more, from their first block on, as what they say next follows from what
/// they said before in the same day. CommonError when the archive is damaged, a meter says
/// something else than it did, or a day that has to be solved lacks decisions. Collective over all
/// ranks.
consensus::SharedPosition take_up_chain(const ledger::Genesis& genesis, const Network& network,
                                        const RunOutput& output, const consensus::Position& first,
                                        RunFiles& files, MeterHost& meters);

}  // namespace gridtally::cluster
