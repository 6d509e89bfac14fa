#include "archive/steps.hpp"

#include <cstring>

namespace gridtally::archive {

namespace {
std::uint64_t fold(std::uint64_t step) { return (step << 1) ^ (0 - (step >> 63)); }
std::uint64_t unfold(std::uint64_t folded) { return (folded >> 1) ^ (0 - (folded & 1)); }
}  // namespace

std::vector<std::uint64_t> StepCoder::encode(ledger::ByteView rows) {
  const auto numbers = last_.size();
  const auto count = numbers == 0 ? 0 : rows.size() / (8 * numbers);
  std::vector<std::uint64_t> steps(count * numbers);
  for (std::size_t row = 0; row < count; ++row) {
    for (std::size_t i = 0; i < numbers; ++i) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &rows[8 * (row * numbers + i)], 8);
      steps[i * count + row] = fold(bits - last_[i]);
      last_[i] = bits;
    }
  }
  return steps;
}

ledger::Bytes StepCoder::decode(const std::vector<std::uint64_t>& steps) {
  const auto numbers = last_.size();
  const auto count = numbers == 0 ? 0 : steps.size() / numbers;
  ledger::Bytes rows(8 * steps.size());
  for (std::size_t row = 0; row < count; ++row) {
    for (std::size_t i = 0; i < numbers; ++i) {
      last_[i] += unfold(steps[i * count + row]);
      std::memcpy(&rows[8 * (row * numbers + i)], &last_[i], 8);
    }
  }
  return rows;
}

}  // namespace gridtally::archive
