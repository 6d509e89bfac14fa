#include "ledger_bench/summary.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

namespace gridtally::ledger_bench {

namespace {

constexpr double paper_delay = 76.6;     // [ms]
constexpr double validator_bar = 100.0;  // [MB]
constexpr double meter_bar = 60.0;       // [MB]

template <class... Values>
std::string line(const char* format, Values... values) {
  char text[300];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

const char* verdict(bool met) { return met ? "met" : "MISSED"; }

// [1/s], where one is set.
std::optional<double> saturation_bar(const Step& step) {
  if (step.validators == 5) return 5000.0;
  if (step.validators == 20 && step.ranks == 20) return 1000.0;
  if (step.validators == 20 && step.ranks == 2) return 5000.0;
  return std::nullopt;
}

std::string saturation_line(const RateSearch& search) {
  const Step& any = search.steps().front();
  const auto bar = saturation_bar(any);
  auto text = line("%u validators on %d ranks: saturation %.0f transactions/s", any.validators,
                   any.ranks, search.saturation());
  if (bar) text += line(" (bar %.0f: %s)", *bar, verdict(search.saturation() >= *bar));
  return text + "\n";
}

std::string delay_line(const Step& step, bool has_bar) {
  auto text = line("  at %.0f transactions/s: delay median %.1f, p99 %.1f, max %.1f ms",
                   step.offered, step.median, step.p99, step.max);
  if (has_bar) text += line(" (p99 bar %.1f: %s)", paper_delay, verdict(step.p99 < paper_delay));
  if (step.unheard > 0) text += line("; %zu never confirmed", std::size_t{step.unheard});
  return text + "\n";
}

std::string memory_line(const RateSearch& search) {
  double validator = 0.0;
  double meter = 0.0;
  for (const Step& step : search.steps()) {
    validator = std::max(validator, step.validator_rss);
    meter = std::max(meter, step.meter_rss);
  }
  return line(
      "  peak memory, all rates: validators' rank %.0f MB (bar %.0f: %s), meters' rank "
      "%.0f MB (bar %.0f: %s)\n",
      validator, validator_bar, verdict(validator <= validator_bar), meter, meter_bar,
      verdict(meter <= meter_bar));
}

std::string processor_line(const Step& step) {
  const double hosted = static_cast<double>(step.validators) / step.ranks;
  return line(
      "  processor at %.0f transactions/s: busiest validators' rank %.1f %% of a core "
      "(%.1f validators), meters' rank %.1f %% (%u meters)\n",
      step.offered, 100.0 * step.validator_cpu, hosted, 100.0 * step.meter_cpu, step.meters);
}

std::string share_line(const Step& step) {
  const Shares& of = step.shares;
  const auto percent = [](double seconds) { return 100.0 * seconds; };
  return line(
             "  where it goes at %.0f [%% of a core]: transactions' signatures %.1f, votes' and "
             "blocks' signatures %.1f, signing %.1f, execution and roots %.1f, letters %.1f, ",
             step.offered, percent(of.transaction_signatures), percent(of.vote_signatures),
             percent(of.signing), percent(of.execution), percent(of.codec)) +
         line(
             "MPI and waking %.1f, pool and rules %.1f; idle or not run %.1f; records %.1f "
             "(wall)\n",
             percent(of.post), percent(of.rules), percent(std::max(0.0, 1.0 - step.validator_cpu)),
             percent(of.records));
}

}  // namespace

std::string summary(const RateSearch& search) {
  const Step& paper = search.nearest(paper_rate);
  const Step& half = search.nearest(0.5 * search.saturation());
  const Step& full =
      *std::max_element(search.steps().begin(), search.steps().end(),
                        [](const Step& a, const Step& b) { return a.confirmed < b.confirmed; });
  return saturation_line(search) + delay_line(paper, true) +
         delay_line(half, paper.validators == 5) + memory_line(search) + processor_line(paper) +
         share_line(paper) + share_line(full);
}

}  // namespace gridtally::ledger_bench
