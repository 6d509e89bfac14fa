#include "reference/household.hpp"

#include <algorithm>
#include <cmath>

namespace gridtally::reference {

namespace {

constexpr double negligible = 1e-11;  // relative: a range or a slack this small is a point

}  // namespace

qp::DayProblem day_problem(const Terms& terms, const Household& home, std::size_t day) {
  const auto& p = home.prosumer;
  const std::size_t at = day * terms.slots;
  qp::DayProblem problem;
  problem.slots = terms.slots;
  problem.grid_price = &terms.tariff.grid_price[at];
  problem.reserve_price = &terms.tariff.reserve_price[at];
  problem.renewable = &home.profile.renewable[at];
  problem.inflexible = &home.profile.inflexible[at];
  problem.flexible_reference = &home.profile.flexible_reference[at];
  problem.flexible_min = &home.profile.flexible_min[at];
  problem.flexible_max = &home.profile.flexible_max[at];
  problem.peak_price = terms.peak_price;
  problem.p2p_price = terms.p2p_price;
  problem.battery_min = p.battery_min;
  problem.battery_max = p.battery_max;
  problem.battery_start = home.battery_level;
  problem.battery_end = p.battery_initial;
  problem.charge_max = p.charge_max;
  problem.discharge_max = p.discharge_max;
  problem.efficiency = p.battery_efficiency;
  problem.grid_max = p.grid_max;
  problem.discomfort_weight = p.discomfort_weight;
  problem.wear_cost = p.wear_cost;
  return problem;
}

bool Range::open() const { return high - low > negligible * std::max(1.0, std::abs(high)); }

Scales scales(const qp::DayProblem& day) {
  Scales scale{std::max(day.charge_max, day.discharge_max),
               std::max({std::abs(day.p2p_price), day.wear_cost, day.peak_price})};
  for (std::size_t t = 0; t < day.slots; ++t) {
    scale.energy =
        std::max({scale.energy, day.inflexible[t], day.renewable[t], day.flexible_max[t]});
    scale.price =
        std::max({scale.price, std::abs(day.grid_price[t]), std::abs(day.reserve_price[t]),
                  2.0 * day.discomfort_weight * (day.flexible_max[t] - day.flexible_min[t])});
  }
  if (scale.energy <= 0.0) scale.energy = day.grid_max > 0.0 ? day.grid_max : 1.0;
  if (scale.price <= 0.0) scale.price = 1.0;
  return scale;
}

}  // namespace gridtally::reference
