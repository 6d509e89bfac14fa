#include "qp/optimality.hpp"

#include <algorithm>
#include <cmath>

namespace gridtally::qp {

namespace {

// The solver adds ½ δ x² to g, r, c and d, to choose among equally cheap schedules. This is δ in
// units of prices / energies.
double tie_break(Mode mode) {
  if (mode == Mode::linear) return 0.0;
  return mode == Mode::proximal ? 1e-8 : 1e-6;
}

// NaN is worse than everything and stays.
void raise(double& worst, double value) {
  if (!std::isnan(worst) && !(value <= worst)) worst = value;
}

struct Check {
  const Day& day;
  Mode mode;
  const std::vector<double>& target;
  const Solution& x;
  double prices;
  double energies;
  bool flexible_choice;  // the energy E leaves more than one flexible load
  Optimality found;

  void equation(double residual) { raise(found.primal, std::abs(residual) / energies); }
  void at_least(double value, double bound) { equation(value >= bound ? 0.0 : bound - value); }
  void dual_equation(double residual) { raise(found.dual, std::abs(residual) / prices); }
  void complementary(double multiplier, double distance) {
    raise(found.complementarity, std::abs(multiplier * distance) / (prices * energies));
  }

  // A positive reduced cost holds the variable at its lower bound, a negative one at its upper.
  void variable(double value, double low, double high, double reduced_cost,
                bool tie_broken = true) {
    at_least(value, low);
    at_least(high, value);
    if (tie_broken) reduced_cost += tie_break(mode) * prices / energies * value;
    complementary(std::max(reduced_cost, 0.0), value - low);
    complementary(std::max(-reduced_cost, 0.0), high - value);
  }

  // Of the discomfort; where that has next to no weight, of the tie break that draws the load to
  // its lower bound.
  double flexible_slope(std::size_t t) const {
    const DayProblem& d = day.problem;
    const double curvature = 2.0 * d.discomfort_weight;
    const double drawn = std::max(tie_break(mode) * prices / energies - curvature, 0.0);
    return curvature * (x.flexible[t] - d.flexible_reference[t]) +
           drawn * (x.flexible[t] - d.flexible_min[t]);
  }

  void slot(std::size_t t) {
    const DayProblem& d = day.problem;
    const std::size_t T = d.slots;
    const double p = x.price[t];
    const double mu = x.battery_price[t];
    const double next = t + 1 < T ? x.battery_price[t + 1] : 0.0;
    const bool battery = d.battery_max > d.battery_min;
    const double before = t > 0 ? x.stored[t - 1] : d.battery_start;
    const double floor = t + 1 == T ? std::max(d.battery_min, d.battery_end) : d.battery_min;

    equation(x.renewable[t] + x.grid[t] + x.discharge[t] + x.net_trade[t] + x.unserved[t] -
             x.spilled[t] - x.flexible[t] - d.inflexible[t] - x.charge[t]);
    equation(x.stored[t] - before - d.efficiency * x.charge[t] + x.discharge[t] / d.efficiency);
    at_least(x.peak, x.grid[t]);
    at_least(x.stored[t] - d.battery_min, x.reserve[t]);
    dual_equation(std::min(x.peak_share[t], 0.0));
    dual_equation(std::min(x.reserve_share[t], 0.0));
    if (d.grid_max > 0.0) complementary(x.peak_share[t], x.peak - x.grid[t]);
    complementary(x.reserve_share[t], battery ? x.stored[t] - d.battery_min - x.reserve[t] : 0.0);

    variable(x.grid[t], 0.0, d.grid_max, d.grid_price[t] + x.peak_share[t] - p);
    variable(x.renewable[t], 0.0, d.renewable[t], -p);
    variable(x.flexible[t], d.flexible_min[t], d.flexible_max[t],
             flexible_choice ? flexible_slope(t) + p - x.flexible_price : 0.0, false);
    if (!battery) {
      equation(std::abs(x.charge[t]) + std::abs(x.discharge[t]) + std::abs(x.reserve[t]));
      equation(x.stored[t] - d.battery_start);
      return net_trade(t);
    }
    variable(x.charge[t], 0.0, d.charge_max, d.wear_cost + p - d.efficiency * mu);
    variable(x.discharge[t], 0.0, d.discharge_max, d.wear_cost - p + mu / d.efficiency);
    variable(x.reserve[t], 0.0, std::min(d.discharge_max, d.battery_max - d.battery_min),
             x.reserve_share[t] - d.reserve_price[t], false);
    variable(x.stored[t], floor, d.battery_max, mu - next - x.reserve_share[t], false);
    net_trade(t);
  }

  void net_trade(std::size_t t) {
    const double premium = x.price[t] - day.problem.p2p_price;
    if (mode == Mode::proximal) {
      equation(x.net_trade[t] - target[t] - day.compliance * premium);
    } else if (mode == Mode::fixed) {
      equation(x.net_trade[t] - target[t]);
    } else {
      dual_equation(premium - target[t]);
    }
  }
};

}  // namespace

double price_scale(const Day& day, Mode mode) {
  const DayProblem& d = day.problem;
  double scale = std::max({std::abs(d.p2p_price), d.wear_cost, d.peak_price});
  for (std::size_t t = 0; t < d.slots; ++t) {
    const double steepest = 2.0 * d.discomfort_weight * (d.flexible_max[t] - d.flexible_min[t]);
    scale = std::max({scale, std::abs(d.grid_price[t]), std::abs(d.reserve_price[t]), steepest});
    if (mode == Mode::linear) scale = std::max(scale, std::abs(day.target[t]));
  }
  return scale > 0.0 ? scale : 1.0;
}

double energy_scale(const Day& day) {
  const DayProblem& d = day.problem;
  double scale = std::max(d.charge_max, d.discharge_max);
  for (std::size_t t = 0; t < d.slots; ++t) {
    scale = std::max({scale, d.inflexible[t], d.renewable[t], d.flexible_max[t]});
  }
  return scale > 0.0 ? scale : d.grid_max > 0.0 ? d.grid_max : 1.0;
}

Optimality optimality(const Day& day, Mode mode, const std::vector<double>& target,
                      const Solution& x) {
  const DayProblem& d = day.problem;
  double spare = 0.0;
  for (std::size_t t = 0; t < d.slots; ++t) spare += d.flexible_max[t] - d.flexible_reference[t];
  Check check{day, mode, target, x, price_scale(day, mode), energy_scale(day), spare > 0.0, {}};
  double missing = 0.0;
  double peak_cost = d.peak_price;
  for (std::size_t t = 0; t < d.slots; ++t) {
    check.slot(t);
    missing += d.flexible_reference[t] - x.flexible[t];
    peak_cost -= x.peak_share[t];
  }
  check.equation(missing);
  if (d.grid_max > 0.0) check.variable(x.peak, 0.0, d.grid_max, peak_cost, false);
  return check.found;
}

}  // namespace gridtally::qp
