#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/bytes.hpp"

namespace gridtally::archive {

/// Successive rows of doubles that differ little, as numbers that compress: each the step of its
/// bits from the row before (u64, wrapping; before the first: zeros), folded so that small steps of
/// either sign are small numbers: 0, −1, 1, −2 … are 0, 1, 2, 3 … The same number of successive
/// rows stands together. A number may follow another of the same row, its leader: its step is then
/// that from its value in the row before plus what its leader has changed by, where that is finite.
/// FORMAT.md states the figures.
inline constexpr std::uint64_t most_steps_depth = 8;  ///< rows that a chunk holds, at most
/// Attribute of such a dataset: how a reader without this code undoes it.
inline constexpr std::string_view steps_decoding =
    "bits = cumsum((z >> 1) ^ -(z & 1), axis = -1), wrapping; read them as f64";
inline constexpr std::string_view led_steps_decoding =
    "step = (z >> 1) ^ -(z & 1), wrapping, to the bits of a guess: FORMAT.md, Steps";

/// Rows of one dataset, front to back, in both directions.
class StepCoder {
 public:
  explicit StepCoder(std::uint64_t numbers) : StepCoder(numbers, {}) {}
  /// The numbers are so many equal parts as `leaders` has members: number i of part j is led by
  /// number i of part leaders[j], which leads itself and is j or less. Empty: each leads itself.
  StepCoder(std::uint64_t numbers, std::vector<std::uint64_t> leaders);

  /// The next row of doubles as steps: column `column` of `steps` [number][columns].
  void encode(ledger::ByteView row, std::size_t column, std::size_t columns,
              std::span<std::uint64_t> steps);
  /// The reverse, into `row`.
  void decode(std::span<const std::uint64_t> steps, std::size_t column, std::size_t columns,
              std::span<std::uint8_t> row);

 private:
  [[nodiscard]] std::uint64_t guess(std::size_t number) const;
  void end_row() { std::swap(last_, now_); }

  std::vector<std::uint64_t> leaders_;
  std::uint64_t part_;               ///< numbers of one
  std::vector<std::uint64_t> last_;  ///< bits of the row before
  std::vector<std::uint64_t> now_;   ///< of the row under way
};

}  // namespace gridtally::archive
