#pragma once

#include <optional>

#include "archive/private_file.hpp"
#include "audit/finding.hpp"
#include "ledger/transaction.hpp"

namespace gridtally::audit {

/// Nothing when both are equal with ==; else the first row and number that differ. `expected` is
/// what the meter's private data give, `found` what the chain holds.
std::optional<Finding> transaction_difference(const ledger::Transaction& expected,
                                              const ledger::Transaction& found, std::size_t slots);

/// The same of a schedule: `expected` as replayed, `found` in the private file.
std::optional<Finding> schedule_difference(const archive::PrivateSchedule& expected,
                                           const archive::PrivateSchedule& found);

}  // namespace gridtally::audit
