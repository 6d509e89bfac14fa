#include "qp/limits.hpp"

#include <algorithm>

namespace gridtally::qp {

namespace {

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

}  // namespace

Limits::Limits(const DayProblem& day)
    : day_(day),
      idle_(battery_idle(day)),
      flexible_low_(day.flexible_min),
      flexible_high_(day.flexible_max) {
  const double energy = sum_of(day.flexible_reference, day.slots);
  const double low = sum_of(day.flexible_min, day.slots);
  const double high = sum_of(day.flexible_max, day.slots);
  const double tolerance = negligible * std::max(1.0, high);
  if (high - energy <= tolerance) {
    flexible_low_ = flexible_high_;
  } else if (energy - low <= tolerance) {
    flexible_high_ = flexible_low_;
  }
}

Range Limits::operator()(Quantity quantity, std::size_t t) const {
  const DayProblem& day = day_;
  switch (quantity) {
    case Quantity::grid:
      return {0.0, day.grid_max};
    case Quantity::renewable:
      return {0.0, day.renewable[t]};
    case Quantity::flexible:
      return {flexible_low_[t], flexible_high_[t]};
    case Quantity::charge:
      return {0.0, idle_ ? 0.0 : day.charge_max};
    case Quantity::discharge:
      return {0.0, idle_ ? 0.0 : day.discharge_max};
    case Quantity::reserve:
      return {0.0, std::min(reserve_max(), stored_range(t).high - day.battery_min)};
    case Quantity::stored:
      break;
  }
  return stored_range(t);
}

double Limits::reserve_max() const { return has_battery(day_) ? day_.discharge_max : 0.0; }

Range Limits::stored_range(std::size_t t) const {
  if (idle_) return {day_.battery_start, day_.battery_start};
  const double low = t + 1 == day_.slots ? end_level(day_) : day_.battery_min;
  return {std::min(low, day_.battery_max), day_.battery_max};
}

}  // namespace gridtally::qp
