#pragma once

#include <cstdint>
#include <vector>

namespace gridtally::scenario {

/// What all homes of a generated community share, hour by hour from Monday 12 September.
struct Weather {
  std::vector<double> solar;          ///< [kWh per kW of PV and hour], clouds included
  std::vector<double> wind;           ///< capacity factor 0 … 1
  std::vector<double> demand;         ///< factor on household load: hot days and weekends
  std::vector<double> reserve_price;  ///< [cents/kWh]
};

Weather make_weather(int days, std::uint64_t seed);

/// Sine by its power series: only + - * /, so the same bits everywhere. |error| < 1e-12.
double sine(double radians);
double cosine(double radians);

/// Output of a clear hour per kW of a south-facing array tilted by 20 degrees at 34 degrees
/// north; `hour` is the middle of the slot in local summer time.
double clear_sky(int day_of_year, double hour);

}  // namespace gridtally::scenario
