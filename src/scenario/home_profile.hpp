#pragma once

#include <vector>

#include "scenario/random.hpp"
#include "scenario/weather.hpp"

namespace gridtally::scenario {

/// The equipment of one generated home.
struct Home {
  double daily_load = 0.0;   ///< mean over the study [kWh]
  double pv_kw = 0.0;        ///< 0: none
  double wind_kw = 0.0;      ///< 0: none
  double battery_kwh = 0.0;  ///< 0: none
  double battery_kw = 0.0;
  double flexible_share = 0.0;  ///< of the load; 0: none
};

/// Home `index` of a community. The first ten follow a table whose sums match the ten measured
/// homes; the others draw each property from the same table.
Home make_home(std::size_t index, Random& random);

/// Hourly load [kWh], scaled so that its mean is home.daily_load a day.
std::vector<double> household_load(const Home& home, const Weather& weather, Random& random);

/// Hourly PV and wind output [kWh].
std::vector<double> renewable_output(const Home& home, const Weather& weather, Random& random);

}  // namespace gridtally::scenario
