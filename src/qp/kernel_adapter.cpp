#include "qp/kernel_adapter.hpp"

#include "qp/limits.hpp"

namespace gridtally::qp {

kernel::Mode kernel_mode(Mode mode) {
  switch (mode) {
    case Mode::proximal:
      return kernel::Mode::proximal;
    case Mode::fixed:
      return kernel::Mode::fixed;
    case Mode::linear:
      break;
  }
  return kernel::Mode::linear;
}

kernel::Day kernel_day(const Task& task) {
  const DayProblem& day = *task.day;
  const Limits limits(day);
  kernel::Day out{};
  out.grid_price = day.grid_price;
  out.reserve_price = day.reserve_price;
  out.renewable = day.renewable;
  out.inflexible = day.inflexible;
  out.flexible_reference = day.flexible_reference;
  out.flexible_min = day.flexible_min;
  out.flexible_max = day.flexible_max;
  out.flexible_low = limits.flexible_low();
  out.flexible_high = limits.flexible_high();
  out.target = task.target;
  out.compliance = task.compliance;
  out.peak_price = day.peak_price;
  out.p2p_price = day.p2p_price;
  out.battery_min = day.battery_min;
  out.battery_max = day.battery_max;
  out.battery_start = day.battery_start;
  out.battery_end = day.battery_end;
  out.charge_limit = day.charge_max;
  out.discharge_limit = day.discharge_max;
  out.charge_max = limits.idle() ? 0.0 : day.charge_max;
  out.discharge_max = limits.idle() ? 0.0 : day.discharge_max;
  out.reserve_max = limits.reserve_max();
  out.idle = limits.idle();
  out.efficiency = day.efficiency;
  out.grid_max = day.grid_max;
  out.discomfort_weight = day.discomfort_weight;
  out.wear_cost = day.wear_cost;
  return out;
}

kernel::Point kernel_point(Solution& x) {
  return {x.grid.data(),       x.renewable.data(),     x.flexible.data(), x.charge.data(),
          x.discharge.data(),  x.stored.data(),        x.reserve.data(),  x.net_trade.data(),
          x.unserved.data(),   x.spilled.data(),       x.price.data(),    x.battery_price.data(),
          x.peak_share.data(), x.reserve_share.data(), &x.peak,           &x.flexible_price,
          x.active_set.data()};
}

}  // namespace gridtally::qp
