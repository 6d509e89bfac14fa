#pragma once

#include <numeric>
#include <string>
#include <vector>

#include "archive/private_layout.hpp"

namespace gridtally::archive::testing {

inline std::vector<double> counting(std::size_t count, double first) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

/// A day of which no two numbers are the same, from `next` on.
inline PrivateSchedule make_schedule(std::uint32_t slots, double next) {
  PrivateSchedule schedule;
  for_each_schedule_field([&](const std::string&, const auto& field) {
    schedule.*field.member = counting(slots, next++);
  });
  for_each_schedule_total(
      [&](const std::string&, const auto& total) { schedule.*total.member = next++; });
  return schedule;
}

inline PrivateProsumer make_prosumer(std::uint32_t index, std::uint32_t days, std::uint32_t slots,
                                     std::size_t settled) {
  PrivateProsumer prosumer;
  prosumer.prosumer = index;
  prosumer.parameters.name = "home " + std::to_string(index * 100);
  double next = 10.0 * index;
  for (const auto& field : parameter_fields) prosumer.parameters.*field.member = next++;
  for (const auto& field : profile_fields) {
    prosumer.*field.member = counting(std::size_t{days} * slots, next++);
  }
  for (std::size_t day = 0; day < settled; ++day) {
    prosumer.schedules.push_back(make_schedule(slots, next + 100.0 * static_cast<double>(day)));
  }
  return prosumer;
}

}  // namespace gridtally::archive::testing
