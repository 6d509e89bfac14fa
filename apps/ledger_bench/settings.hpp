#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace gridtally::ledger_bench {

/// The options of gridtally-ledger-bench.
struct Settings {
  std::vector<std::uint32_t> validators = {5, 10, 20};
  std::vector<double> rates;  ///< [1/s]; empty: searched for
  double seconds = 10.0;      ///< measured at each rate
  std::optional<int> validator_ranks;
  std::optional<std::uint32_t> meters;
  std::uint32_t deadline = 1;     ///< of a block [ms]
  std::filesystem::path records;  ///< folder of vote records; empty: none are kept
  std::filesystem::path output;   ///< empty: no file

  /// Meters that take turns at a rate.
  [[nodiscard]] std::uint32_t meters_at(double rate) const;
  /// Ranks that host so many validators, of `ranks` in all: the last rank is the meters'.
  [[nodiscard]] int ranks_for(std::uint32_t count, int ranks) const;
};

/// False after --help or --version. InputError for options that do not fit `ranks`.
bool read_settings(int argc, const char* const* argv, int ranks, Settings& settings,
                   std::ostream& out);

}  // namespace gridtally::ledger_bench
