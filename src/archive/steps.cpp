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

std::vector<std::uint64_t> StepCoder::encode(ledger::ByteView rows) {
  const auto numbers = last_.size();
  const auto count = numbers == 0 ? 0 : rows.size() / (8 * numbers);
  std::vector<std::uint64_t> steps(count * numbers);
  for (std::size_t row = 0; row < count; ++row) {
    for (std::size_t i = 0; i < numbers; ++i) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &rows[8 * (row * numbers + i)], 8);
      steps[i * count + row] = fold(bits - guess(i));
      now_[i] = bits;
    }
    end_row();
  }
  return steps;
}

ledger::Bytes StepCoder::decode(const std::vector<std::uint64_t>& steps) {
  const auto numbers = last_.size();
  const auto count = numbers == 0 ? 0 : steps.size() / numbers;
  ledger::Bytes rows(8 * steps.size());
  for (std::size_t row = 0; row < count; ++row) {
    for (std::size_t i = 0; i < numbers; ++i) {
      now_[i] = guess(i) + unfold(steps[i * count + row]);
      std::memcpy(&rows[8 * (row * numbers + i)], &now_[i], 8);
    }
    end_row();
  }
  return rows;
}

}  // namespace gridtally::archive
