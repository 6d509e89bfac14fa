#pragma once

#include <span>
#include <string>

#include "audit/report.hpp"
#include "report/json.hpp"

namespace gridtally::report {

/// One line a day: iterations, residual, blocks and, where settled, the money [cents].
std::string day_table(std::span<const audit::DaySummary> days);

/// The list "days". Money of a day that did not settle is null.
void add_days(Json& json, std::span<const audit::DaySummary> days);

/// `value` in the form 1.2e-07.
std::string scientific(double value);
/// Text padded with blanks on the left.
std::string padded(const std::string& text, std::size_t width);
/// "12 blocks", "1 block".
std::string counted(std::uint64_t count, const std::string& noun);
/// What the chain of a run stands at: "complete: 7 of 7 days settled".
std::string outcome_text(ledger::Outcome outcome, std::span<const audit::DaySummary> days,
                         std::uint32_t days_planned);

}  // namespace gridtally::report
