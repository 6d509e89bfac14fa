#include "ledger_bench/figures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace gridtally::ledger_bench {

namespace {

template <class... Values>
std::string line(const char* format, Values... values) {
  char text[240];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

}  // namespace

Shares per_second(const Usage& usage) {
  Shares shares = usage.shares;
  double measured = 0.0;
  for (double* part : {&shares.transaction_signatures, &shares.vote_signatures, &shares.signing,
                       &shares.execution, &shares.codec, &shares.post}) {
    *part /= usage.wall;
    measured += *part;
  }
  shares.records /= usage.wall;
  shares.rules = std::max(0.0, usage.cpu_share() - measured);
  return shares;
}

double percentile(const std::vector<double>& values, double share) {
  if (values.empty()) return 0.0;
  const auto count = static_cast<double>(values.size());
  const auto rank = static_cast<std::size_t>(std::ceil(share * count));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

void set_delays(Step& step, std::vector<double> delays) {
  std::sort(delays.begin(), delays.end());
  step.median = percentile(delays, 0.5);
  step.p99 = percentile(delays, 0.99);
  step.max = percentile(delays, 1.0);
}

std::string csv_header() {
  return "validators,ranks,offered_tps,confirmed_tps,delay_median_ms,delay_p99_ms,delay_max_ms,"
         "validator_rss_mb,meter_rss_mb\n";
}

std::string csv_line(const Step& step) {
  return line("%u,%d,%.1f,%.1f,%.3f,%.3f,%.3f,%.1f,%.1f\n", step.validators, step.ranks,
              step.offered, step.confirmed, step.median, step.p99, step.max, step.validator_rss,
              step.meter_rss);
}

std::string terminal_header() {
  return "validators ranks  offered confirmed   delay [ms]: median     p99     max   RSS [MB] "
         "val. meter   CPU [%] val. meter  blocks/s\n";
}

std::string terminal_line(const Step& step) {
  return line("%10u %5d %8.0f %9.0f %21.1f %7.1f %7.1f %15.0f %5.0f %14.1f %5.1f %9.1f\n",
              step.validators, step.ranks, step.offered, step.confirmed, step.median, step.p99,
              step.max, step.validator_rss, step.meter_rss, 100.0 * step.validator_cpu,
              100.0 * step.meter_cpu, step.blocks);
}

}  // namespace gridtally::ledger_bench
