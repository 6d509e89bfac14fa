#pragma once

#include <optional>

#include "archive/day_result.hpp"
#include "audit/finding.hpp"

namespace gridtally::audit {

/// What must hold of a settled day whatever the contract's code does: every trade has its exact
/// mirror, bills sum to zero, the lower bound of the cost is not above it.
std::optional<Finding> check_settled_day(const ledger::Genesis& genesis,
                                         const ledger::ContractState& state);

/// That the payments of the day just settled serve its bills, that the accounts moved by just that
/// since `before` [micro-cents], that all of them hold what they held at the start, and that nobody
/// with an opening balance is below 0.
std::optional<Finding> check_accounts(const ledger::Genesis& genesis,
                                      const std::vector<ledger::Payment>& payments,
                                      const std::vector<std::int64_t>& before,
                                      const ledger::ContractState& state);

/// Nothing when /result of a segment says bit for bit what the chain says; else its first number
/// that does not. `file` names the segment.
std::optional<Finding> compare_results(const ledger::Genesis& genesis,
                                       const archive::DayResult& expected,
                                       const archive::DayResult& found, const std::string& file,
                                       std::uint64_t height);

}  // namespace gridtally::audit
