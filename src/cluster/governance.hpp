#pragma once

#include <span>
#include <vector>

#include "cluster/genesis_setup.hpp"
#include "cluster/governance_file.hpp"
#include "ledger/ballot.hpp"

namespace gridtally::cluster {

/// The votes as signed ballots, in their order: each is signed by the rank that hosts its voter.
/// InputError naming votes whose voter is no validator of the genesis, or whose candidate is no
/// validator or candidate of the run and no key. Collective over all ranks.
std::vector<ledger::Ballot> sign_ballots(std::span<const GovernanceVote> votes,
                                         const ledger::Genesis& genesis,
                                         std::span<const ledger::PublicKey> validator_keys,
                                         const Layout& layout, const Network& network,
                                         const Secrets& secrets);

}  // namespace gridtally::cluster
