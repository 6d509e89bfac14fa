#include "audit/agreement.hpp"

#include <algorithm>
#include <tuple>

#include "audit/report_codec.hpp"

namespace gridtally::audit {

namespace {

/// Lower: its fault comes first; a report without one is last.
auto rank_of(const Report& report) {
  return std::tuple(!report.fault.has_value(), report.blocks,
                    report.fault ? report.fault->stage : Stage::end);
}

bool is_settled(const Report& report, std::uint32_t day) {
  return day < report.days.size() && report.days[day].settled;
}

}  // namespace

std::optional<Finding> agree(const Share& share, const std::optional<Finding>& finding) {
  if (share.count == 1) return finding;
  std::optional<Finding> first;
  for (const auto& bytes : share.gather(encode(finding))) {
    auto found = decode_finding(bytes);
    const bool unread = found && found->verdict == Verdict::not_auditable;
    if (!first || (unread && first->verdict != Verdict::not_auditable)) first = std::move(found);
  }
  return first;
}

Report merge_reports(const Share& share, const Report& report) {
  if (share.count == 1) return report;
  std::vector<Report> reports;
  for (const auto& bytes : share.gather(encode(report))) reports.push_back(decode_report(bytes));
  auto merged = *std::min_element(reports.begin(), reports.end(), [](const auto& a, const auto& b) {
    return rank_of(a) < rank_of(b);
  });
  merged.seconds = report.seconds;
  merged.meters_certified = merged.meters_replayed = 0;
  merged.terms.clear();
  merged.unfinished.clear();
  for (const auto& each : reports) {
    merged.meters_certified += each.meters_certified;
    merged.meters_replayed += each.meters_replayed;
    if (!merged.fault) {
      merged.unfinished.insert(merged.unfinished.end(), each.unfinished.begin(),
                               each.unfinished.end());
    }
    for (const auto& term : each.terms) {
      if (is_settled(merged, term.day)) merged.terms.push_back(term);
    }
  }
  std::sort(merged.terms.begin(), merged.terms.end(), [](const auto& a, const auto& b) {
    return std::tie(a.day, a.prosumer) < std::tie(b.day, b.prosumer);
  });
  certify_days(merged);
  return merged;
}

}  // namespace gridtally::audit
