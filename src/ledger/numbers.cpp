#include "ledger/numbers.hpp"

#include <cmath>

namespace gridtally::ledger {

bool is_canonical(double value) {
  return std::isnormal(value) || (value == 0.0 && !std::signbit(value));
}

double canonical(double value) {
  const int kind = std::fpclassify(value);
  return kind == FP_ZERO || kind == FP_SUBNORMAL ? 0.0 : value;
}

void canonicalise(std::span<double> values) {
  for (double& value : values) value = canonical(value);
}

}  // namespace gridtally::ledger
