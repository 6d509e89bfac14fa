#include "qp/packing.hpp"

#include <algorithm>
#include <cmath>

namespace gridtally::qp {

namespace {

using kernel::LaneField;

// δ relative to (price scale)/(energy scale). In the published schedule it makes the shares of
// grid, renewable, battery and reserve unique and smooth in the data, and leaves the cost as it is
// to 1e-7; in the ADMM step, where it shifts the prices, it is smaller; the bound's problem has
// none.
double tie_break(kernel::Mode mode) {
  switch (mode) {
    case kernel::Mode::proximal:
      return 1e-8;
    case kernel::Mode::fixed:
      return 1e-6;
    case kernel::Mode::linear:
      break;
  }
  return 0.0;
}

// An interval or a slack below this share of the quantity is taken as a single point.
constexpr double negligible = 1e-11;

double sum_of(const double* values, std::size_t count) {
  double sum = 0.0;
  for (std::size_t t = 0; t < count; ++t) sum += values[t];
  return sum;
}

bool has_battery(const DayProblem& day) {
  return day.battery_max - day.battery_min > negligible * std::max(1.0, day.battery_max);
}

double end_level(const DayProblem& day) { return std::max(day.battery_min, day.battery_end); }

// Without a way to charge (discharge), a battery that must stay as full (may get no fuller) is
// idle.
bool battery_idle(const DayProblem& day) {
  const double tolerance = negligible * std::max(1.0, day.battery_max);
  if (!has_battery(day)) return true;
  if (day.charge_max <= 0.0 && day.discharge_max <= 0.0) return true;
  if (day.charge_max <= 0.0) return day.battery_start - end_level(day) <= tolerance;
  if (day.discharge_max <= 0.0) return day.battery_max - day.battery_start <= tolerance;
  return false;
}

double price_scale(const Task& task, kernel::Mode mode) {
  const DayProblem& day = *task.day;
  double scale = std::max({std::abs(day.p2p_price), day.wear_cost, day.peak_price});
  for (std::size_t t = 0; t < day.slots; ++t) {
    scale = std::max({scale, std::abs(day.grid_price[t]), std::abs(day.reserve_price[t]),
                      2.0 * day.discomfort_weight * (day.flexible_max[t] - day.flexible_min[t])});
    if (mode == kernel::Mode::linear) scale = std::max(scale, std::abs(task.target[t]));
  }
  return scale > 0.0 ? scale : 1.0;
}

double energy_scale(const DayProblem& day) {
  double scale = std::max(day.charge_max, day.discharge_max);
  for (std::size_t t = 0; t < day.slots; ++t) {
    scale = std::max({scale, day.inflexible[t], day.renewable[t], day.flexible_max[t]});
  }
  if (scale > 0.0) return scale;
  return day.grid_max > 0.0 ? day.grid_max : 1.0;
}

double gradient(const DayProblem& day, kernel::TwoSided variable, std::size_t t, double low) {
  switch (variable) {
    case kernel::grid:
      return day.grid_price[t];
    case kernel::flexible:
      return 2.0 * day.discomfort_weight * (low - day.flexible_reference[t]);
    case kernel::charge:
    case kernel::discharge:
      return day.wear_cost;
    case kernel::reserve:
      return -day.reserve_price[t];
    default:
      return 0.0;
  }
}

// Where the iteration starts, as a share of the interval: y − g and b − e stay open.
double start_share(kernel::TwoSided variable) { return variable == kernel::grid ? 0.3 : 0.5; }

void pack_two_sided(const DayProblem& day, const Limits& limits, const LaneView& lane,
                    kernel::TwoSided v, std::size_t t, double multiplier) {
  const Range range = limits(v, t);
  const double width = range.high - range.low;
  const bool active = width > negligible * std::max(1.0, std::abs(range.high));
  double at = start_share(v) * width;
  if (v == kernel::reserve) {
    const Range level = limits(kernel::stored, t);
    const double room = level.low + 0.5 * (level.high - level.low) - day.battery_min;
    at = std::min(at, 0.5 * room);
  }
  lane.slot(kernel::width_0, v, t) = width;
  lane.slot(kernel::active_0, v, t) = active ? 1.0 : 0.0;
  lane.slot(kernel::lower_x_0, v, t) = active ? at : 1.0;
  lane.slot(kernel::upper_x_0, v, t) = active ? width - at : 1.0;
  lane.slot(kernel::lower_z_0, v, t) = active ? multiplier : 0.0;
  lane.slot(kernel::upper_z_0, v, t) = active ? multiplier : 0.0;
  lane.slot(kernel::gradient_0, v, t) = gradient(day, v, t, range.low);
  lane.slot(kernel::step_0, v, t) = 0.0;
  lane.slot(kernel::lower_dz_0, v, t) = 0.0;
  lane.slot(kernel::upper_dz_0, v, t) = 0.0;
}

void pack_one_sided(const LaneView& lane, kernel::OneSided v, std::size_t t, double start,
                    double multiplier) {
  const bool active = start > 0.0;
  lane.slot(kernel::one_active_0, v, t) = active ? 1.0 : 0.0;
  lane.slot(kernel::one_x_0, v, t) = active ? start : 1.0;
  lane.slot(kernel::one_z_0, v, t) = active ? multiplier : 0.0;
  lane.slot(kernel::one_step_0, v, t) = 0.0;
  lane.slot(kernel::one_dz_0, v, t) = 0.0;
}

// Distance b − b_min − e at the starting point; 0 (absent) where there is no reserve to hold.
double reserve_room(const DayProblem& day, const Limits& limits, const LaneView& lane,
                    std::size_t t) {
  if (lane.slot(kernel::active_0, kernel::reserve, t) == 0.0) return 0.0;
  const Range level = limits(kernel::stored, t);
  return level.low + 0.5 * (level.high - level.low) - day.battery_min -
         lane.slot(kernel::lower_x_0, kernel::reserve, t);
}

// Cost of unserved and spilled energy: above every price that the day's problem can produce.
double penalty(double prices) { return 200.0 * prices; }

void pack_slot(const Task& task, const Limits& limits, const LaneView& lane, std::size_t t,
               double multiplier, double energy) {
  const DayProblem& day = *task.day;
  for (int v = 0; v < kernel::two_sided; ++v) {
    pack_two_sided(day, limits, lane, static_cast<kernel::TwoSided>(v), t, multiplier);
  }
  const bool grid = lane.slot(kernel::active_0, kernel::grid, t) != 0.0;
  pack_one_sided(lane, kernel::below_peak, t, grid ? 0.4 * day.grid_max : 0.0, multiplier);
  pack_one_sided(lane, kernel::above_reserve, t, reserve_room(day, limits, lane, t), multiplier);
  const bool fixed = lane.mode() == kernel::Mode::fixed;
  const double push = penalty(multiplier);
  const double start = fixed ? energy * multiplier / push : 0.0;
  pack_one_sided(lane, kernel::unserved, t, start, push - day.p2p_price);
  pack_one_sided(lane, kernel::spilled, t, start, push + day.p2p_price);

  const double before = t > 0 ? limits(kernel::stored, t - 1).low : day.battery_start;
  lane.slot(kernel::stored_shift, t) = limits(kernel::stored, t).low - before;
  lane.slot(kernel::supply, t) = -limits(kernel::flexible, t).low - day.inflexible[t];
  lane.slot(kernel::target, t) = task.target[t];
  const bool linear = lane.mode() == kernel::Mode::linear;
  lane.slot(kernel::price, t) = day.p2p_price + (linear ? task.target[t] : 0.0);
  lane.slot(kernel::battery_price, t) = day.p2p_price;
}

void pack_peak(const DayProblem& day, const LaneView& lane, double multiplier) {
  const bool active = lane.slot(kernel::active_0, kernel::grid, 0) != 0.0;
  lane.scalar(kernel::peak_active) = active ? 1.0 : 0.0;
  lane.scalar(kernel::peak_gradient) = day.peak_price;
  lane.scalar(kernel::peak_lower_x) = active ? 0.7 * day.grid_max : 1.0;
  lane.scalar(kernel::peak_upper_x) = active ? day.grid_max - 0.7 * day.grid_max : 1.0;
  lane.scalar(kernel::peak_lower_z) = active ? multiplier : 0.0;
  lane.scalar(kernel::peak_upper_z) = active ? multiplier : 0.0;
}

double products(const LaneView& lane) {
  double count = 2.0 * lane.scalar(kernel::peak_active);
  for (std::size_t t = 0; t < lane.slots(); ++t) {
    for (int v = 0; v < kernel::two_sided; ++v) count += 2.0 * lane.slot(kernel::active_0, v, t);
    for (int v = 0; v < kernel::one_sided; ++v) count += lane.slot(kernel::one_active_0, v, t);
  }
  return std::max(count, 1.0);
}

double value(const Limits& limits, const LaneView& lane, kernel::TwoSided v, std::size_t t) {
  const Range range = limits(v, t);
  const double inside = lane.slot(kernel::active_0, v, t) * lane.slot(kernel::lower_x_0, v, t);
  return std::min(range.low + inside, range.high);
}

double one_value(const LaneView& lane, kernel::OneSided v, std::size_t t) {
  return lane.slot(kernel::one_active_0, v, t) * lane.slot(kernel::one_x_0, v, t);
}

double net_trade(const Task& task, const LaneView& lane, const Solution& point, std::size_t t) {
  switch (lane.mode()) {
    case kernel::Mode::proximal:
      return task.target[t] + task.compliance * (point.price[t] - task.day->p2p_price);
    case kernel::Mode::fixed:
      return task.target[t];
    case kernel::Mode::linear:
      break;
  }
  return point.flexible[t] + task.day->inflexible[t] + point.charge[t] - point.grid[t] -
         point.renewable[t] - point.discharge[t];
}

}  // namespace

Limits::Flexible Limits::flexible_choice(const DayProblem& day) {
  const double energy = sum_of(day.flexible_reference, day.slots);
  const double low = sum_of(day.flexible_min, day.slots);
  const double high = sum_of(day.flexible_max, day.slots);
  const double tolerance = negligible * std::max(1.0, high);
  if (high - energy <= tolerance) return Flexible::all_high;
  if (energy - low <= tolerance) return Flexible::all_low;
  return Flexible::free;
}

Limits::Limits(const DayProblem& day)
    : day_(day), flexible_(flexible_choice(day)), idle_(battery_idle(day)) {}

Range Limits::operator()(kernel::TwoSided variable, std::size_t t) const {
  const DayProblem& day = day_;
  switch (variable) {
    case kernel::grid:
      return {0.0, day.grid_max};
    case kernel::renewable:
      return {0.0, day.renewable[t]};
    case kernel::flexible:
      switch (flexible_) {
        case Flexible::all_low:
          return {day.flexible_min[t], day.flexible_min[t]};
        case Flexible::all_high:
          return {day.flexible_max[t], day.flexible_max[t]};
        case Flexible::free:
          break;
      }
      return {day.flexible_min[t], day.flexible_max[t]};
    case kernel::charge:
      return {0.0, idle_ ? 0.0 : day.charge_max};
    case kernel::discharge:
      return {0.0, idle_ ? 0.0 : day.discharge_max};
    case kernel::reserve: {
      if (!has_battery(day)) return {0.0, 0.0};
      const Range level = stored_range(t);
      return {0.0, std::min(day.discharge_max, level.high - day.battery_min)};
    }
    case kernel::stored:
      return stored_range(t);
    case kernel::two_sided:
      break;
  }
  return {};
}

Range Limits::stored_range(std::size_t t) const {
  if (idle_) return {day_.battery_start, day_.battery_start};
  const double low = t + 1 == day_.slots ? end_level(day_) : day_.battery_min;
  return {std::min(low, day_.battery_max), day_.battery_max};
}

void pack(const Task& task, const LaneView& lane) {
  const DayProblem& day = *task.day;
  const Limits limits(day);
  const double prices = price_scale(task, lane.mode());
  const double energy = energy_scale(day);
  for (std::size_t t = 0; t < lane.slots(); ++t) pack_slot(task, limits, lane, t, prices, energy);
  pack_peak(day, lane, prices);
  double excess = -sum_of(day.flexible_reference, day.slots);
  double flexible = 0.0;
  for (std::size_t t = 0; t < lane.slots(); ++t) {
    excess += limits(kernel::flexible, t).low;
    flexible = std::max(flexible, lane.slot(kernel::active_0, kernel::flexible, t));
  }
  lane.scalar(kernel::compliance) = task.compliance;
  lane.scalar(kernel::penalty) = penalty(prices);
  lane.scalar(kernel::efficiency) = day.efficiency;
  lane.scalar(kernel::inverse_efficiency) = 1.0 / day.efficiency;
  lane.scalar(kernel::curvature) = 2.0 * day.discomfort_weight;
  lane.scalar(kernel::tie_break) = tie_break(lane.mode()) * prices / energy;
  lane.scalar(kernel::p2p_price) = day.p2p_price;
  lane.scalar(kernel::flexible_excess) = excess;
  lane.scalar(kernel::flexible_active) = flexible;
  lane.scalar(kernel::flexible_price) = day.p2p_price;
  lane.scalar(kernel::energy_scale) = energy;
  lane.scalar(kernel::price_scale) = prices;
  lane.scalar(kernel::products) = products(lane);
  lane.scalar(kernel::alive) = 1.0;
  lane.scalar(kernel::rounds) = 0.0;
}

void unpack(const Task& task, const LaneView& lane, Solution& solution) {
  const Limits limits(*task.day);
  for (std::size_t t = 0; t < lane.slots(); ++t) {
    solution.grid[t] = value(limits, lane, kernel::grid, t);
    solution.renewable[t] = value(limits, lane, kernel::renewable, t);
    solution.flexible[t] = value(limits, lane, kernel::flexible, t);
    solution.charge[t] = value(limits, lane, kernel::charge, t);
    solution.discharge[t] = value(limits, lane, kernel::discharge, t);
    solution.reserve[t] = value(limits, lane, kernel::reserve, t);
    solution.stored[t] = value(limits, lane, kernel::stored, t);
    solution.unserved[t] = one_value(lane, kernel::unserved, t);
    solution.spilled[t] = one_value(lane, kernel::spilled, t);
    solution.price[t] = lane.slot(kernel::price, t);
    solution.battery_price[t] = lane.slot(kernel::battery_price, t);
    solution.peak_share[t] = lane.slot(kernel::one_z_0, kernel::below_peak, t);
    solution.reserve_share[t] = lane.slot(kernel::one_z_0, kernel::above_reserve, t);
    solution.net_trade[t] = net_trade(task, lane, solution, t);
  }
  solution.flexible_price = lane.scalar(kernel::flexible_price);
  solution.peak = *std::max_element(solution.grid.begin(), solution.grid.end());
  solution.iterations = static_cast<int>(lane.scalar(kernel::rounds));
  solution.status = lane.scalar(kernel::alive) == 0.0 ? Status::solved : Status::not_converged;
}

}  // namespace gridtally::qp
