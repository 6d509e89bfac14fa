#include <algorithm>
#include <cmath>
#include <span>

#include "base/error.hpp"
#include "base/text.hpp"
#include "scenario/calibration.hpp"
#include "scenario/citylearn_files.hpp"
#include "scenario/scenario.hpp"

namespace gridtally::scenario {

namespace {

namespace chrono = std::chrono;

constexpr chrono::sys_days first_day{chrono::year{2016} / chrono::August / 1};
constexpr int doubtful_homes[] = {4, 5, 6, 7, 12, 14, 15};
constexpr int most_homes = 17;
constexpr double cents_per_dollar = 100.0;

bool contains(std::span<const int> list, int value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

void check_homes(const ImportOptions& options, std::vector<std::string>& faults) {
  if (options.homes.empty()) faults.emplace_back("no homes; give numbers from 1 to 17");
  for (std::size_t i = 0; i < options.homes.size(); ++i) {
    const int home = options.homes[i];
    const std::string text = "home " + std::to_string(home);
    if (home < 1 || home > most_homes) {
      faults.push_back(text + " does not exist; give numbers from 1 to 17");
    } else if (contains(doubtful_homes, home) && !options.allow_doubtful_homes) {
      faults.push_back(text +
                       " has a load or PV column that is known to be wrong; use homes among 1, 2, "
                       "3, 8, 9, 10, 11, 13, 16, 17, or allow doubtful homes");
    }
    if (contains(std::span(options.homes).first(i), home)) {
      faults.push_back(text + " is given twice; give it once");
    }
  }
  for (const int home : options.wind_homes) {
    if (contains(options.homes, home)) continue;
    faults.push_back("wind home " + std::to_string(home) + " is not among the homes; add it");
  }
}

/// Row of the first hour of the study.
std::size_t check_dates(const ImportOptions& options, std::vector<std::string>& faults) {
  const int most_days = static_cast<int>(hours_of_year) / 24;
  if (!options.start.ok()) {
    faults.emplace_back("the start is no date of the calendar; give e.g. 2016-09-12");
    return 0;
  }
  const auto day = (chrono::sys_days(options.start) - first_day).count();
  if (day < 0 || options.days < 1 || day + options.days > most_days) {
    faults.push_back("the data covers 2016-08-01 to 2017-07-31; " + std::to_string(options.days) +
                     " days from day " + std::to_string(day) +
                     " of it (counted from 0) lie outside; choose another start or fewer days");
    return 0;
  }
  return static_cast<std::size_t>(day) * 24;
}

std::size_t check(const ImportOptions& options) {
  std::vector<std::string> faults;
  check_homes(options, faults);
  const auto row = check_dates(options, faults);
  if (!(options.flexible_share >= 0.0 && options.flexible_share <= 1.0)) {
    faults.push_back("flexible share " + to_text(options.flexible_share) +
                     " is not within 0 to 1; give e.g. 0.2");
  }
  if (!(options.wind_kw >= 0.0 && options.wind_kw <= 1e6)) {
    faults.push_back("wind power " + to_text(options.wind_kw) + " kW is not within 0 to 1e6");
  }
  if (options.wind_homes.empty() == options.wind_file.has_value()) {
    faults.emplace_back("wind needs both a file and homes; give both or neither");
  }
  if (!faults.empty()) throw InputError(faults);
  return row;
}

/// The hours of the study out of a series that covers `year`, matched by month and day.
std::vector<double> by_calendar(const std::vector<double>& series, chrono::year year,
                                const ImportOptions& options) {
  const chrono::sys_days new_year{year / chrono::January / 1};
  std::vector<double> hours;
  for (int day = 0; day < options.days && !series.empty(); ++day) {
    const chrono::year_month_day date{chrono::sys_days(options.start) + chrono::days(day)};
    const chrono::sys_days same{year / date.month() / date.day()};
    const auto first = series.begin() + (same - new_year).count() * 24;
    hours.insert(hours.end(), first, first + 24);
  }
  return hours;
}

std::vector<double> part(const std::vector<double>& series, std::size_t row, int days) {
  if (series.empty()) return {};
  const auto first = series.begin() + static_cast<std::ptrdiff_t>(row);
  return {first, first + std::ptrdiff_t{24} * days};
}

model::Prosumer make_prosumer(int home, const Equipment& equipment, double connection) {
  model::Prosumer prosumer;
  prosumer.name = "home-" + std::to_string(home);
  prosumer.battery_max = equipment.battery_kwh;
  prosumer.battery_initial = equipment.battery_kwh / 2.0;
  const bool has_battery = equipment.battery_kwh > 0.0;
  prosumer.charge_max = has_battery ? equipment.battery_kw : 0.0;
  prosumer.discharge_max = prosumer.charge_max;
  prosumer.battery_efficiency = has_battery ? std::sqrt(equipment.battery_round_trip) : 1.0;
  prosumer.grid_max = connection;
  return prosumer;
}

struct Source {
  Building building;
  Equipment equipment;
  std::vector<double> wind;  // capacity factor per hour of the study; empty: no turbine
};

void add_home(int home, const Source& source, const ImportOptions& options, std::size_t row,
              model::Community& community) {
  auto load = part(source.building.load, row, options.days);
  for (auto& value : load) value = rounded(value);
  model::Profile profile;
  profile.renewable = part(source.building.solar_per_kw, row, options.days);
  for (std::size_t i = 0; i < profile.renewable.size(); ++i) {
    const double solar = profile.renewable[i] * source.equipment.pv_kw / 1000.0;
    const double wind = source.wind.empty() ? 0.0 : source.wind[i] * options.wind_kw;
    profile.renewable[i] = rounded(solar + wind);
  }
  split_load(load, options.flexible_share, profile);
  community.prosumers.push_back(make_prosumer(home, source.equipment, connection_for(load)));
  community.profiles.push_back(std::move(profile));
}

model::Tariff make_tariff(const ImportOptions& options, std::size_t row, model::Faults& faults) {
  model::Tariff tariff;
  tariff.grid_price = part(read_pricing(options.folder / "pricing.csv", faults), row, options.days);
  if (options.reserve_prices_file) {
    tariff.reserve_price = by_calendar(read_reserve_prices(*options.reserve_prices_file, faults),
                                       chrono::year{2020}, options);
  } else {
    tariff.reserve_price.assign(tariff.grid_price.size(), 0.0);
  }
  for (auto& price : tariff.grid_price) price = rounded(cents_per_dollar * price);
  for (auto& price : tariff.reserve_price) price = rounded(cents_per_dollar * price);
  return tariff;
}

}  // namespace

model::Community import_citylearn(const ImportOptions& options) {
  const std::size_t row = check(options);
  model::Faults faults;
  model::Community community;
  community.settings = default_settings(options.days);
  community.tariff = make_tariff(options, row, faults);
  std::vector<double> wind;
  if (options.wind_file) {
    wind = by_calendar(read_wind(*options.wind_file, faults), chrono::year{2019}, options);
  }
  const auto equipment = read_equipment(options.folder / "schema.json", options.homes, faults);
  for (std::size_t i = 0; i < options.homes.size(); ++i) {
    const int home = options.homes[i];
    const auto file = options.folder / ("Building_" + std::to_string(home) + ".csv");
    const bool windy = contains(options.wind_homes, home);
    const Source source{read_building(file, faults), equipment[i],
                        windy ? wind : std::vector<double>{}};
    add_home(home, source, options, row, community);
  }
  faults.raise_if_any();
  community.partners = market::PartnerGraph::complete(options.homes.size());
  return community;
}

}  // namespace gridtally::scenario
