#include "qp/day_problem.hpp"

#include <algorithm>

#include "qp/limits.hpp"

namespace gridtally::qp {

namespace {

// min of slope·x over the interval.
double least(double slope, Range range) { return slope * (slope < 0.0 ? range.high : range.low); }

// min over l in the interval of ω (l − ref)² + slope·l.
double least_flexible(double weight, double reference, double slope, Range range) {
  double at = slope < 0.0 ? range.high : range.low;
  if (weight > 0.0) {
    at = std::min(std::max(reference - slope / (2.0 * weight), range.low), range.high);
  }
  const double away = at - reference;
  return weight * away * away + slope * at;
}

}  // namespace

void Solution::resize(std::size_t slots) {
  for (auto* values :
       {&grid, &renewable, &flexible, &charge, &discharge, &stored, &reserve, &net_trade, &unserved,
        &spilled, &price, &battery_price, &peak_share, &reserve_share}) {
    values->assign(slots, 0.0);
  }
  active_set.assign(slots, 0);
}

double cost(const DayProblem& day, const Solution& x) {
  double sum = 0.0;
  double peak = 0.0;
  for (std::size_t t = 0; t < day.slots; ++t) {
    const double away = x.flexible[t] - day.flexible_reference[t];
    peak = std::max(peak, x.grid[t]);
    sum += day.grid_price[t] * x.grid[t] + day.discomfort_weight * away * away +
           day.wear_cost * (x.charge[t] + x.discharge[t]) + day.p2p_price * x.net_trade[t] -
           day.reserve_price[t] * x.reserve[t];
  }
  return sum + day.peak_price * peak;
}

double dual_bound(const DayProblem& day, const double* premium, const Solution& multipliers) {
  const Limits limits(day);
  double bound = -multipliers.battery_price[0] * day.battery_start;
  double peak_slope = day.peak_price;
  for (std::size_t t = 0; t < day.slots; ++t) {
    const double p = day.p2p_price + premium[t];
    const double mu = multipliers.battery_price[t];
    const double next = t + 1 < day.slots ? multipliers.battery_price[t + 1] : 0.0;
    const double zeta = std::max(multipliers.peak_share[t], 0.0);
    const double xi = std::max(multipliers.reserve_share[t], 0.0);
    const double nu = multipliers.flexible_price;
    peak_slope -= zeta;
    bound += p * day.inflexible[t] + xi * day.battery_min + nu * day.flexible_reference[t];
    bound += least(day.grid_price[t] + zeta - p, limits(Quantity::grid, t));
    bound += least(-p, limits(Quantity::renewable, t));
    bound += least_flexible(day.discomfort_weight, day.flexible_reference[t], p - nu,
                            limits(Quantity::flexible, t));
    bound += least(day.wear_cost + p - day.efficiency * mu, limits(Quantity::charge, t));
    bound += least(day.wear_cost - p + mu / day.efficiency, limits(Quantity::discharge, t));
    bound += least(xi - day.reserve_price[t], limits(Quantity::reserve, t));
    bound += least(mu - next - xi, limits(Quantity::stored, t));
  }
  return bound + least(peak_slope, {0.0, day.grid_max});
}

}  // namespace gridtally::qp
