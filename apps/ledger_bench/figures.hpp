#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gridtally::ledger_bench {

/// Where a validator's processor time went, each part without those named before it [s].
struct Shares {
  double transaction_signatures = 0.0;
  double vote_signatures = 0.0;  ///< of votes, offers and blocks
  double signing = 0.0;
  double execution = 0.0;  ///< form, Func A, roots
  double codec = 0.0;      ///< letters to messages and back
  double records = 0.0;    ///< what must survive a crash, made durable; wall time
  double post = 0.0;       ///< MPI
  double rules = 0.0;      ///< pool and consensus
};

/// What one process used while a step ran.
struct Usage {
  double wall = 0.0;  ///< [s]
  double cpu = 0.0;   ///< [s]
  double rss = 0.0;   ///< peak resident set [MB]
  Shares shares;      ///< validators only

  [[nodiscard]] double cpu_share() const { return wall > 0.0 ? cpu / wall : 0.0; }
};

/// Shares of a second of wall time, what is not measured by itself put under `rules`.
Shares per_second(const Usage& usage);

/// One line of the CSV file, and what is said at the end besides.
struct Step {
  std::uint32_t validators = 0;
  int ranks = 0;               ///< that host validators
  double offered = 0.0;        ///< [transactions/s]
  double confirmed = 0.0;      ///< [transactions/s]
  double median = 0.0;         ///< delay [ms]
  double p99 = 0.0;            ///< [ms]
  double max = 0.0;            ///< [ms]
  double validator_rss = 0.0;  ///< peak of the worst rank [MB]
  double meter_rss = 0.0;      ///< [MB]
  // Not in the file:
  std::uint32_t meters = 0;
  double blocks = 0.0;         ///< [1/s]
  std::uint64_t unheard = 0;   ///< transactions never confirmed: their delay is a lower bound
  double validator_cpu = 0.0;  ///< share of a core, the busiest rank
  double meter_cpu = 0.0;      ///< share of a core
  Shares shares;               ///< of the busiest validators' rank, a second of wall time

  /// Confirms less than 95 % of what is offered.
  [[nodiscard]] bool is_saturated() const { return confirmed < 0.95 * offered; }
};

/// The smallest value that at least `share` of all are not above; 0 of none. `values` ascending.
double percentile(const std::vector<double>& values, double share);
/// Fills median, p99 and max from delays in any order [ms].
void set_delays(Step& step, std::vector<double> delays);

std::string csv_header();
std::string csv_line(const Step& step);
/// The same for a reader at a terminal.
std::string terminal_header();
std::string terminal_line(const Step& step);

}  // namespace gridtally::ledger_bench
