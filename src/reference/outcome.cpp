#include "reference/outcome.hpp"

#include <algorithm>
#include <cmath>

namespace gridtally::reference {

double Outcome::gap() const {
  return std::abs(optimum - dual_bound) / std::max(1.0, std::abs(optimum));
}

bool Outcome::within(const Accuracy& accuracy) const {
  double price = 1.0;
  for (const double p : prices) price = std::max(price, std::abs(p));
  return gap() <= accuracy.gap &&
         price * infeasibility <= accuracy.gap * std::max(1.0, std::abs(optimum));
}

}  // namespace gridtally::reference
