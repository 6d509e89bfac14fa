#include "admm/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace gridtally::admm {

namespace {

// Unserved or spilled energy below this is the solver's rounding [kWh]; above, it is asked back,
// with as much again, so that the next proposal can be served.
constexpr double served_tolerance = 1e-9;

// Puts what Σ l misses of E into the slots with room, in slot order.
void restore_flexible_energy(const qp::DayProblem& day, qp::Solution& x) {
  double missing = 0.0;
  for (std::size_t t = 0; t < day.slots; ++t) {
    missing += day.flexible_reference[t] - x.flexible[t];
  }
  for (std::size_t t = 0; t < day.slots; ++t) {
    const double moved =
        std::min(std::max(x.flexible[t] + missing, day.flexible_min[t]), day.flexible_max[t]);
    missing -= moved - x.flexible[t];
    x.flexible[t] = moved;
  }
}

// Walks the battery forward with its own equation, giving way in charge and discharge where a level
// would leave its bounds by rounding.
void restore_battery(const qp::DayProblem& day, qp::Solution& x) {
  double level = day.battery_start;
  for (std::size_t t = 0; t < day.slots; ++t) {
    const bool last = t + 1 == day.slots;
    const double low = last ? std::max(day.battery_min, day.battery_end) : day.battery_min;
    double next = level + day.efficiency * x.charge[t] - x.discharge[t] / day.efficiency;
    if (next < low) {
      const double less = std::min(x.discharge[t], (low - next) * day.efficiency);
      x.discharge[t] -= less;
      next = level + day.efficiency * x.charge[t] - x.discharge[t] / day.efficiency;
      if (next < low) {
        x.charge[t] = std::min(day.charge_max, x.charge[t] + (low - next) / day.efficiency);
      }
    } else if (next > day.battery_max) {
      const double less = std::min(x.charge[t], (next - day.battery_max) / day.efficiency);
      x.charge[t] -= less;
    }
    next = level + day.efficiency * x.charge[t] - x.discharge[t] / day.efficiency;
    x.stored[t] = std::min(std::max(next, std::min(low, day.battery_max)), day.battery_max);
    x.reserve[t] =
        std::max(0.0, std::min({x.reserve[t], day.discharge_max, x.stored[t] - day.battery_min}));
    level = x.stored[t];
  }
}

double flow_scale(const qp::DayProblem& day, const qp::Solution& x, std::size_t t) {
  return std::max({1.0, x.grid[t], x.renewable[t], x.flexible[t], x.charge[t], x.discharge[t],
                   day.inflexible[t], std::abs(x.net_trade[t])});
}

// Lets grid, then renewable, take up the slot's residual.
void close_balance(const qp::DayProblem& day, qp::Solution& x, std::size_t t) {
  for (int pass = 0; pass < 2; ++pass) {
    const double surplus = balance_residual(day, x, t);
    x.grid[t] = std::min(std::max(x.grid[t] - surplus, 0.0), day.grid_max);
    const double left = balance_residual(day, x, t);
    x.renewable[t] = std::min(std::max(x.renewable[t] - left, 0.0), day.renewable[t]);
  }
}

}  // namespace

double balance_residual(const qp::DayProblem& day, const qp::Solution& x, std::size_t t) {
  return ((x.grid[t] + x.renewable[t] + x.discharge[t]) + x.net_trade[t]) -
         ((x.flexible[t] + day.inflexible[t]) + x.charge[t]);
}

bool make_exact(const qp::DayProblem& day, std::span<const double> net_trade,
                qp::Solution& schedule, std::span<double> change) {
  std::fill(change.begin(), change.end(), 0.0);
  std::copy(net_trade.begin(), net_trade.end(), schedule.net_trade.begin());
  restore_flexible_energy(day, schedule);
  restore_battery(day, schedule);
  bool served = true;
  for (std::size_t t = 0; t < day.slots; ++t) {
    close_balance(day, schedule, t);
    const double surplus = balance_residual(day, schedule, t);
    if (std::abs(surplus) <= balance_tolerance * flow_scale(day, schedule, t)) continue;
    served = false;
    change[t] = -(surplus + (surplus > 0.0 ? served_tolerance : -served_tolerance));
  }
  schedule.peak = *std::max_element(schedule.grid.begin(), schedule.grid.end());
  std::fill(schedule.unserved.begin(), schedule.unserved.end(), 0.0);
  std::fill(schedule.spilled.begin(), schedule.spilled.end(), 0.0);
  return served;
}

}  // namespace gridtally::admm
