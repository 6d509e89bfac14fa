#include "scenario/citylearn_files.hpp"

#include <algorithm>
#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>

#include "model/csv_reader.hpp"

namespace gridtally::scenario {

namespace {

using model::CsvReader;
using model::Faults;
using model::Limits;

constexpr std::size_t hours_of_2020 = 8784;
constexpr std::string_view building_header =
    "month,hour,day_type,daylight_savings_status,indoor_dry_bulb_temperature,"
    "average_unmet_cooling_setpoint_difference,indoor_relative_humidity,non_shiftable_load,"
    "dhw_demand,cooling_demand,heating_demand,solar_generation";
constexpr std::string_view pricing_header =
    "electricity_pricing,electricity_pricing_predicted_1,electricity_pricing_predicted_2,"
    "electricity_pricing_predicted_3";
constexpr std::string_view wind_header = ",Power";
constexpr std::string_view reserve_header =
    "Datetime (he),DA Price ($/kWh),Reg Up Price ($/kW),Reg Down Price ($/kW)";

void expect_rows(const CsvReader& csv, std::size_t found, std::size_t wanted, Faults& faults) {
  if (!csv.usable() || found == wanted) return;
  faults.add({csv.name(), csv.line()}, "the file has " + std::to_string(found) +
                                           " rows; give the published file with " +
                                           std::to_string(wanted));
}

/// One column of a file; empty when anything in it was wrong.
std::vector<double> read_column(const std::filesystem::path& path, std::string_view header,
                                std::size_t column, const Limits& limits, std::size_t rows,
                                Faults& faults) {
  const auto before = faults.count();
  CsvReader csv(path, header, faults);
  std::vector<double> values;
  while (csv.next()) values.push_back(csv.number(column, limits, csv.place()).value_or(0.0));
  expect_rows(csv, values.size(), rows, faults);
  if (faults.count() > before) values.clear();
  return values;
}

}  // namespace

Building read_building(const std::filesystem::path& path, Faults& faults) {
  const auto before = faults.count();
  CsvReader csv(path, building_header, faults);
  Building building;
  while (csv.next()) {
    const std::size_t hour = building.load.size() % 24;
    const int wanted = hour == 0 ? 24 : static_cast<int>(hour);
    model::read_count(csv.field(1), "hour", wanted, wanted, csv.place(), faults);
    const auto load = csv.number(7, model::energy_limits, csv.place());
    const auto solar = csv.number(11, {-1e6, 1e6}, csv.place());
    building.load.push_back(load.value_or(0.0));
    building.solar_per_kw.push_back(std::max(solar.value_or(0.0), 0.0));
  }
  expect_rows(csv, building.load.size(), hours_of_year, faults);
  return faults.count() > before ? Building{} : building;
}

std::vector<double> read_pricing(const std::filesystem::path& path, Faults& faults) {
  return read_column(path, pricing_header, 0, {-1e4, 1e4}, hours_of_year, faults);
}

std::vector<double> read_wind(const std::filesystem::path& path, Faults& faults) {
  return read_column(path, wind_header, 1, {0.0, 1.1}, hours_of_year, faults);
}

std::vector<double> read_reserve_prices(const std::filesystem::path& path, Faults& faults) {
  return read_column(path, reserve_header, 2, {0.0, 1e4}, hours_of_2020, faults);
}

std::vector<Equipment> read_equipment(const std::filesystem::path& path,
                                      const std::vector<int>& homes, Faults& faults) {
  namespace pt = boost::property_tree;
  std::vector<Equipment> equipment(homes.size());
  const std::string name = path.string();
  pt::ptree schema;
  try {
    pt::read_json(name, schema);
  } catch (const pt::json_parser_error& error) {
    faults.add({name, error.line()}, error.message() + "; give the published schema.json");
    return equipment;
  }
  for (std::size_t i = 0; i < homes.size(); ++i) {
    const std::string home = "buildings.Building_" + std::to_string(homes[i]);
    const auto number = [&](const std::string& key, double& target) {
      const auto value = schema.get_optional<double>(home + "." + key);
      if (value && *value >= 0.0 && *value <= 1e6) {
        target = *value;
      } else {
        faults.add({name}, home + "." + key + " is missing or no number from 0 to 1e6");
      }
    };
    number("pv.attributes.nominal_power", equipment[i].pv_kw);
    number("electrical_storage.attributes.capacity", equipment[i].battery_kwh);
    number("electrical_storage.attributes.nominal_power", equipment[i].battery_kw);
    number("electrical_storage.attributes.efficiency", equipment[i].battery_round_trip);
  }
  return equipment;
}

}  // namespace gridtally::scenario
