#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "base/error.hpp"
#include "scenario/calibration.hpp"
#include "scenario/home_profile.hpp"
#include "scenario/partners.hpp"
#include "scenario/scenario.hpp"

namespace gridtally::scenario {

namespace {

constexpr std::size_t hours = 24;
constexpr std::uint64_t first_home_stream = 1000;

/// Time of use: dear from 16:00 to 21:00, less so at weekends.
double grid_price(std::size_t day, std::size_t hour) {
  if (hour < 16 || hour >= 21) return 22.0;
  return day % 7 >= 5 ? 40.0 : 54.0;
}

model::Tariff make_tariff(const Weather& weather) {
  model::Tariff tariff;
  for (std::size_t row = 0; row < weather.reserve_price.size(); ++row) {
    tariff.grid_price.push_back(grid_price(row / hours, row % hours));
    tariff.reserve_price.push_back(rounded(weather.reserve_price[row]));
  }
  return tariff;
}

/// Levels from 10 % to 100 % of the capacity, half full at first.
model::Prosumer make_prosumer(std::size_t index, const Home& home, double connection) {
  model::Prosumer prosumer;
  prosumer.name = "home-" + std::to_string(index + 1);
  prosumer.battery_min = rounded(0.1 * home.battery_kwh);
  prosumer.battery_max = rounded(home.battery_kwh);
  prosumer.battery_initial = rounded(0.5 * home.battery_kwh);
  prosumer.charge_max = home.battery_kw;
  prosumer.discharge_max = home.battery_kw;
  prosumer.battery_efficiency = home.battery_kwh > 0.0 ? rounded(std::sqrt(0.9)) : 1.0;
  prosumer.grid_max = connection;
  return prosumer;
}

void add_home(std::size_t index, const Weather& weather, std::uint64_t seed,
              model::Community& community) {
  Random random(seed, first_home_stream + index);
  const Home home = make_home(index, random);
  auto load = household_load(home, weather, random);
  for (auto& value : load) value = rounded(value);
  model::Profile profile;
  profile.renewable = renewable_output(home, weather, random);
  for (auto& value : profile.renewable) value = rounded(value);
  split_load(load, home.flexible_share, profile);
  community.prosumers.push_back(make_prosumer(index, home, connection_for(load)));
  community.profiles.push_back(std::move(profile));
}

void check(const GenerateOptions& options) {
  std::vector<std::string> faults;
  const auto within = [&faults](const char* name, int value, int least, int most) {
    if (value >= least && value <= most) return;
    faults.push_back(std::string(name) + " is " + std::to_string(value) +
                     "; give a whole number from " + std::to_string(least) + " to " +
                     std::to_string(most));
  };
  within("prosumers", options.prosumers, 1, 10'000'000);
  within("days", options.days, 1, 3660);
  within("partners", options.partners, 0, std::max(options.prosumers - 1, 0));
  if (options.partners % 2 != 0) {
    faults.push_back("partners is " + std::to_string(options.partners) +
                     "; give an even number, or 0 for everyone");
  }
  if (!faults.empty()) throw InputError(faults);
}

market::PartnerGraph make_partners(const GenerateOptions& options) {
  const auto homes = static_cast<std::size_t>(options.prosumers);
  const auto partners = static_cast<std::size_t>(options.partners);
  if (partners == 0) return market::PartnerGraph::complete(homes);
  return options.acquaintance == Acquaintance::neighbours
             ? neighbours(homes, partners, options.seed)
             : strangers(homes, partners, options.seed);
}

}  // namespace

model::Community generate_public(const GenerateOptions& options) {
  check(options);
  model::Community community;
  community.settings = default_settings(options.days);
  community.tariff = make_tariff(make_weather(options.days, options.seed));
  community.partners = make_partners(options);
  return community;
}

void generate_homes(const GenerateOptions& options, std::span<const std::uint32_t> numbers,
                    model::Community& community) {
  check(options);
  const Weather weather = make_weather(options.days, options.seed);
  for (const auto u : numbers) add_home(u, weather, options.seed, community);
}

model::Community generate(const GenerateOptions& options) {
  auto community = generate_public(options);
  std::vector<std::uint32_t> everyone(static_cast<std::size_t>(options.prosumers));
  std::iota(everyone.begin(), everyone.end(), 0U);
  generate_homes(options, everyone, community);
  return community;
}

}  // namespace gridtally::scenario
