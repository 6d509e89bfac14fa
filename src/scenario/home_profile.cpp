#include "scenario/home_profile.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace gridtally::scenario {

namespace {

constexpr std::size_t hours = 24;
constexpr double mean_daily_load = 26.87;  // of the ten measured homes [kWh]

/// Sums over the ten: load 10 means, PV 45 kW as measured.
constexpr double load_sizes[] = {1.25, 0.82, 1.17, 0.67, 0.73, 0.97, 1.18, 0.93, 0.88, 1.40};
constexpr double pv_sizes[] = {4, 5, 6, 0, 5, 7, 4, 0, 6, 8};
constexpr double wind_sizes[] = {0, 0, 0, 3, 0, 0, 0, 3, 0, 0};
constexpr double battery_sizes[] = {6.4, 10, 5, 0, 13.5, 0, 6.4, 5, 6.4, 10};
constexpr double flexible_shares[] = {0.2, 0.25, 0.15, 0.2, 0, 0.3, 0.2, 0.2, 0.1, 0.25};

double battery_power(double capacity) { return capacity <= 5.0 ? 2.5 : 5.0; }

/// 1 at its centre, a quarter at `width` from it, on the 24 h circle.
double bump(double hour, double centre, double width) {
  const double distance = std::min({std::abs(hour - centre), std::abs(hour - centre + 24.0),
                                    std::abs(hour - centre - 24.0)}) /
                          width;
  return 1.0 / ((1.0 + distance * distance) * (1.0 + distance * distance));
}

/// Air conditioning, cooking, drying: starts most often in the evening, stays on for hours.
class Appliances {
 public:
  double energy(double hour, Random& random) {
    const double start = 0.05 + 0.20 * bump(hour, 18.5, 5.0);
    const double chance = running_ > 0.0 ? 0.66 : start;
    const bool runs = random.uniform() < chance;
    const double size = random.uniform(0.6, 3.2);
    if (!runs) running_ = 0.0;
    if (runs && running_ == 0.0) running_ = size;
    return running_;
  }

 private:
  double running_ = 0.0;  // [kWh per hour]
};

}  // namespace

Home make_home(std::size_t index, Random& random) {
  const bool tabled = index < std::size(load_sizes);
  const auto choose = [&](const double(&table)[10]) {
    const std::size_t drawn = random.pick(10);
    return table[tabled ? index : drawn];
  };
  Home home;
  const double spread = random.uniform(0.9, 1.1);
  home.daily_load = choose(load_sizes) * mean_daily_load * (tabled ? 1.0 : spread);
  home.pv_kw = choose(pv_sizes);
  home.wind_kw = choose(wind_sizes);
  home.battery_kwh = choose(battery_sizes);
  home.battery_kw = home.battery_kwh > 0.0 ? battery_power(home.battery_kwh) : 0.0;
  home.flexible_share = choose(flexible_shares);
  return home;
}

std::vector<double> household_load(const Home& home, const Weather& weather, Random& random) {
  const double base = random.uniform(0.30, 0.50);
  const double morning = random.uniform(0.15, 0.35);
  const double evening = random.uniform(0.6, 1.0);
  const double rises = random.uniform(6.5, 8.5);
  const double returns = random.uniform(17.5, 19.5);
  Appliances appliances;
  std::vector<double> load;
  double total = 0.0;
  for (std::size_t row = 0; row < weather.demand.size(); ++row) {
    const auto hour = static_cast<double>(row % hours);
    const double usual =
        base + morning * bump(hour, rises, 2.0) + evening * bump(hour, returns, 6.0);
    const double wobble = random.uniform(0.75, 1.25);
    load.push_back(weather.demand[row] * (usual * wobble + appliances.energy(hour, random)));
    total += load.back();
  }
  const std::size_t whole_days = load.size() / hours;
  const auto days = static_cast<double>(whole_days);
  for (auto& value : load) value *= home.daily_load * days / total;
  return load;
}

std::vector<double> renewable_output(const Home& home, const Weather& weather, Random& random) {
  const double site = random.uniform(0.88, 1.12);
  std::vector<double> output;
  for (std::size_t row = 0; row < weather.solar.size(); ++row) {
    const double shade = random.uniform(0.96, 1.0);
    output.push_back(home.pv_kw * site * shade * weather.solar[row] +
                     home.wind_kw * weather.wind[row]);
  }
  return output;
}

}  // namespace gridtally::scenario
