#include "qp/random_day.hpp"

#include <algorithm>
#include <cmath>

namespace gridtally::qp {

namespace {

void random_prices(Day& day, Numbers& number) {
  const bool equal = number.chance(0.15);
  const bool zero = number.chance(0.1);
  const bool no_reserve = number.chance(0.3);
  const double everywhere = number(5.0, 40.0);
  for (std::size_t t = 0; t < day.problem.slots; ++t) {
    day.grid_price[t] = zero ? 0.0 : equal ? everywhere : number(5.0, 60.0);
    day.reserve_price[t] = no_reserve ? 0.0 : number(0.0, 4.0);
  }
  day.problem.peak_price = number.chance(0.3) ? 0.0 : number(0.0, 80.0);
  day.problem.p2p_price = number.chance(0.1) ? 0.0 : number(2.0, 25.0);
  day.problem.wear_cost = number.chance(0.1) ? 0.0 : number(0.05, 3.0);
  day.problem.discomfort_weight = number.chance(0.1) ? 0.0 : number(0.05, 5.0);
}

void random_profiles(Day& day, Numbers& number, double scale) {
  const bool sun = number.chance(0.6);
  const bool flexible = number.chance(0.6);
  const bool night = number.chance(0.7);
  for (std::size_t t = 0; t < day.problem.slots; ++t) {
    const bool light = !night || (4 * t > day.problem.slots && 4 * t < 3 * day.problem.slots);
    day.renewable[t] = sun && light ? number(0.0, 3.0 * scale) : 0.0;
    day.inflexible[t] = number.chance(0.1) ? 0.0 : number(0.0, 2.0 * scale);
    if (!flexible || number.chance(0.2)) continue;
    const double reference = number(0.1, 1.5) * scale;
    day.flexible_reference[t] = reference;
    day.flexible_min[t] = number.chance(0.3) ? 0.0 : number(0.2, 1.0) * reference;
    day.flexible_max[t] = number.chance(0.2) ? reference : number(1.0, 2.5) * reference;
  }
}

void random_battery(Day& day, Numbers& number, double scale) {
  if (number.chance(0.35)) return;
  auto& p = day.problem;
  p.battery_min = number.chance(0.4) ? 0.0 : number(0.0, 1.0) * scale;
  p.battery_max = p.battery_min + number(0.5, 8.0) * scale;
  p.charge_max = number(0.1, 3.0) * scale;
  p.discharge_max = number(0.1, 3.0) * scale;
  p.efficiency = number.chance(0.25) ? 1.0 : number(0.8, 1.0);
  const double level = number.chance(0.2) ? 0.0 : number.chance(0.3) ? 1.0 : number(0.0, 1.0);
  p.battery_start = p.battery_min + level * (p.battery_max - p.battery_min);
  p.battery_end = number.chance(0.5) ? p.battery_start : p.battery_min;
}

}  // namespace

Day::Day(std::size_t slots) {
  for (auto* row : {&grid_price, &reserve_price, &renewable, &inflexible, &flexible_reference,
                    &flexible_min, &flexible_max, &target}) {
    row->assign(slots, 0.0);
  }
  std::fill(grid_price.begin(), grid_price.end(), 30.0);
  problem.slots = slots;
  problem.grid_price = grid_price.data();
  problem.reserve_price = reserve_price.data();
  problem.renewable = renewable.data();
  problem.inflexible = inflexible.data();
  problem.flexible_reference = flexible_reference.data();
  problem.flexible_min = flexible_min.data();
  problem.flexible_max = flexible_max.data();
  problem.p2p_price = 10.0;
  problem.grid_max = 10.0;
}

std::unique_ptr<Day> random_day(unsigned seed, std::size_t slots, double scale) {
  Numbers number(seed);
  auto day = std::make_unique<Day>(slots);
  random_prices(*day, number);
  random_profiles(*day, number, scale);
  random_battery(*day, number, scale);
  day->problem.grid_max = number.chance(0.1) ? 0.0 : number(0.5, 8.0) * scale;
  day->compliance = number(0.02, 1.0) * scale;
  for (auto& value : day->target) value = number(-3.0, 3.0) * scale;
  return day;
}

Days random_days(unsigned seed, std::size_t count, std::size_t slots) {
  Numbers number(seed);
  Days days;
  for (unsigned i = 0; i < count; ++i) {
    const double scale = i % 3 == 0 ? 1.0 : std::pow(10.0, number(-2.0, 2.0));
    days.push_back(random_day(1000 * seed + i, slots, scale));
  }
  return days;
}

}  // namespace gridtally::qp
