#pragma once

#include <cstdint>

namespace gridtally::cluster {

/// The rank of validator 0: it writes the public archive and talks to the terminal.
inline constexpr int archivist = 0;

/// Which rank hosts which logical meters and validators. Validators fill the first ranks, meters
/// the rest, both split evenly and contiguously; on one rank, that rank is both. The result of a
/// run never depends on it.
class Layout {
 public:
  /// Every argument at least 1.
  Layout(int ranks, std::uint32_t meters, std::uint32_t validators);
  /// The same with the number of ranks that host validators given: 1 to `ranks`, one fewer where
  /// there are several, and at most `validators`.
  Layout(int ranks, std::uint32_t meters, std::uint32_t validators, int validator_ranks);

  struct Range {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  [[nodiscard]] Range validators_of(int rank) const;
  [[nodiscard]] Range meters_of(int rank) const;
  [[nodiscard]] int rank_of_validator(std::uint32_t validator) const;
  [[nodiscard]] int rank_of_meter(std::uint32_t meter) const;
  [[nodiscard]] int ranks() const { return ranks_; }
  [[nodiscard]] int validator_ranks() const { return validator_ranks_; }
  [[nodiscard]] int meter_ranks() const { return ranks_ == 1 ? 1 : ranks_ - validator_ranks_; }
  [[nodiscard]] std::uint32_t meters() const { return meters_; }
  [[nodiscard]] std::uint32_t validators() const { return validators_; }

 private:
  int ranks_;
  std::uint32_t meters_;
  std::uint32_t validators_;
  int validator_ranks_;
};

}  // namespace gridtally::cluster
