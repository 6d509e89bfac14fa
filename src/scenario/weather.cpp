#include "scenario/weather.hpp"

#include <algorithm>
#include <cmath>

#include "scenario/random.hpp"

namespace gridtally::scenario {

namespace {

constexpr double pi = 3.141592653589793;
constexpr double latitude = 34.1 * pi / 180.0;
constexpr double tilt = 20.0 * pi / 180.0;
constexpr double solar_noon = 13.1;    // local summer time [h]
constexpr double array_yield = 0.865;  // soiling, heat, inverter, shading
constexpr int first_day_of_year = 256;
constexpr int hours = 24;

/// Share of the clear-sky output left on each day: mostly clear, some hazy, a few overcast.
double clearness_of_day(Random& random) {
  const double kind = random.uniform();
  if (kind < 0.12) return random.uniform(0.30, 0.50);
  if (kind < 0.30) return random.uniform(0.65, 0.90);
  return random.uniform(0.94, 1.0);
}

void add_solar(Weather& weather, int days, Random random) {
  for (int day = 0; day < days; ++day) {
    const double clearness = clearness_of_day(random);
    const double flicker = 0.6 * std::min(clearness, 1.0 - clearness) + 0.02;
    for (int hour = 0; hour < hours; ++hour) {
      const double clouds = std::clamp(clearness + flicker * random.bell() * 0.5, 0.1, 1.0);
      weather.solar.push_back(clouds * clear_sky(first_day_of_year + day, hour + 0.5));
    }
  }
}

/// Cubic between cut-in at 3 m/s and rated power at 12 m/s.
double turbine(double speed) {
  if (speed <= 3.0) return 0.0;
  if (speed >= 12.0) return 1.0;
  return (speed * speed * speed - 27.0) / (1728.0 - 27.0);
}

/// Wind speed: a mean that forgets itself over a day, stronger in the afternoon.
void add_wind(Weather& weather, int days, Random random) {
  double deviation = 2.0 * random.bell();
  for (int row = 0; row < days * hours; ++row) {
    deviation = 0.95 * deviation + 0.72 * random.bell();
    const double breeze = 1.0 * cosine(2.0 * pi * (row % hours - 16) / hours);
    weather.wind.push_back(turbine(std::max(6.3 + breeze + deviation, 0.0)));
  }
}

void add_demand(Weather& weather, int days, Random random) {
  double heat = 0.1 * random.bell();
  for (int day = 0; day < days; ++day) {
    heat = 0.7 * heat + 0.2 * random.bell();
    const double weekend = day % 7 >= 5 ? 1.2 : 1.0;
    weather.demand.insert(weather.demand.end(), hours, weekend * std::clamp(1.0 + heat, 0.7, 1.6));
  }
}

void add_reserve_price(Weather& weather, int days, Random random) {
  for (int day = 0; day < days; ++day) {
    const double evening = random.uniform(0.8, 3.6);
    for (int hour = 0; hour < hours; ++hour) {
      const double ramp = (hour - 18) / 0.6;
      weather.reserve_price.push_back(random.uniform(0.36, 0.84) +
                                      evening / ((1.0 + ramp * ramp) * (1.0 + ramp * ramp)));
    }
  }
}

}  // namespace

double sine(double radians) {
  const double x = radians - 2.0 * pi * std::floor(radians / (2.0 * pi) + 0.5);
  double term = x;
  double sum = x;
  for (int n = 2; n <= 30; n += 2) {
    term *= -x * x / (n * (n + 1.0));
    sum += term;
  }
  return sum;
}

double cosine(double radians) { return sine(radians + pi / 2.0); }

double clear_sky(int day_of_year, double hour) {
  const double declination = 23.45 * pi / 180.0 * sine(2.0 * pi * (284 + day_of_year) / 365.0);
  const double hour_angle = pi / 12.0 * (hour - solar_noon);
  const double across = cosine(declination) * cosine(hour_angle);
  const double height = sine(latitude) * sine(declination) + cosine(latitude) * across;
  if (height <= 0.0) return 0.0;
  const double incidence =
      sine(latitude - tilt) * sine(declination) + cosine(latitude - tilt) * across;
  const double beam = std::max(incidence, 0.0) * height / (height + 0.25);
  return array_yield * (0.92 * beam + 0.08 * height);
}

Weather make_weather(int days, std::uint64_t seed) {
  Weather weather;
  add_solar(weather, days, Random(seed, 1));
  add_wind(weather, days, Random(seed, 2));
  add_demand(weather, days, Random(seed, 3));
  add_reserve_price(weather, days, Random(seed, 4));
  return weather;
}

}  // namespace gridtally::scenario
