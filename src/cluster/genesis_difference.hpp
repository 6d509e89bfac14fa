#pragma once

#include <string>
#include <vector>

#include "ledger/genesis.hpp"

namespace gridtally::cluster {

/// What a run that is to go on was begun with, and what options, community and keys say `now`: one
/// line for each thing that differs, "days: 7 then, 3 now (--days)". Of long lists the first entry
/// that differs. Empty: both are the same run.
std::vector<std::string> differences(const ledger::Genesis& then, const ledger::Genesis& now);

}  // namespace gridtally::cluster
