#include "archive/steps.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

namespace gridtally::archive {

namespace {
std::uint64_t fold(std::uint64_t step) { return (step << 1) ^ (0 - (step >> 63)); }
std::uint64_t unfold(std::uint64_t folded) { return (folded >> 1) ^ (0 - (folded & 1)); }
}  // namespace

StepCoder::StepCoder(std::uint64_t numbers, std::vector<std::uint64_t> leaders)
    : leaders_(std::move(leaders)),
      part_(leaders_.empty() ? 0 : numbers / leaders_.size()),
      last_(numbers, 0),
      now_(numbers, 0) {}

// What is not finite has bits that depend on the processor.
std::uint64_t StepCoder::guess(std::size_t number) const {
  const auto leader = part_ == 0 ? number : leaders_[number / part_] * part_ + number % part_;
  if (leader == number) return last_[number];
  const double change = std::bit_cast<double>(now_[leader]) - std::bit_cast<double>(last_[leader]);
  const double value = std::bit_cast<double>(last_[number]) + change;
  return std::isfinite(value) ? std::bit_cast<std::uint64_t>(value) : last_[number];
}

void StepCoder::encode(ledger::ByteView row, std::size_t column, std::size_t columns,
                       std::span<std::uint64_t> steps) {
  for (std::size_t i = 0; i < last_.size(); ++i) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &row[8 * i], 8);
    steps[i * columns + column] = fold(bits - guess(i));
    now_[i] = bits;
  }
  end_row();
}

void StepCoder::decode(std::span<const std::uint64_t> steps, std::size_t column,
                       std::size_t columns, std::span<std::uint8_t> row) {
  for (std::size_t i = 0; i < last_.size(); ++i) {
    now_[i] = guess(i) + unfold(steps[i * columns + column]);
    std::memcpy(&row[8 * i], &now_[i], 8);
  }
  end_row();
}

}  // namespace gridtally::archive
