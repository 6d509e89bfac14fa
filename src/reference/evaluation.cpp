#include "reference/evaluation.hpp"

#include <algorithm>
#include <cmath>

namespace gridtally::reference {

double own_residual(const qp::DayProblem& day, const qp::Solution& x) {
  double worst = 0.0;
  double energy = 0.0;
  double level = day.battery_start;
  for (std::size_t t = 0; t < day.slots; ++t) {
    level += day.efficiency * x.charge[t] - x.discharge[t] / day.efficiency;
    worst = std::max(worst, std::abs(x.stored[t] - level));
    level = x.stored[t];
    const double balance = (x.grid[t] + x.renewable[t] + x.discharge[t] + x.net_trade[t]) -
                           (x.flexible[t] + day.inflexible[t] + x.charge[t]);
    worst = std::max(worst, std::abs(balance));
    worst = std::max(worst, x.reserve[t] - (x.stored[t] - day.battery_min));
    energy += x.flexible[t] - day.flexible_reference[t];
  }
  return std::max(worst, std::abs(energy));
}

}  // namespace gridtally::reference
