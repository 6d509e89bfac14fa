#pragma once

#include <filesystem>
#include <vector>

#include "model/faults.hpp"

/// Readers of the published files, one array of hours each. Faults are added, and the array
/// returned is then empty.
namespace gridtally::scenario {

constexpr std::size_t hours_of_year = 8760;

/// Building_N.csv; row r is the hour from 2016-08-01 00:00 + r h.
struct Building {
  std::vector<double> load;          ///< [kWh]
  std::vector<double> solar_per_kw;  ///< [W per kW of installed PV], negative values set to 0
};
Building read_building(const std::filesystem::path& path, model::Faults& faults);

/// pricing.csv, the same rows [$/kWh].
std::vector<double> read_pricing(const std::filesystem::path& path, model::Faults& faults);

/// From schema.json, of one building.
struct Equipment {
  double pv_kw = 0.0;
  double battery_kwh = 0.0;
  double battery_kw = 0.0;
  double battery_round_trip = 1.0;
};
std::vector<Equipment> read_equipment(const std::filesystem::path& path,
                                      const std::vector<int>& homes, model::Faults& faults);

/// Capacity factor of each hour of a common year (8760 rows: index, Power).
std::vector<double> read_wind(const std::filesystem::path& path, model::Faults& faults);

/// Regulation-up price [$/kW and hour] of each hour of 2020 (8784 hour-ENDING rows: row r is
/// the hour from 2020-01-01 00:00 + r h).
std::vector<double> read_reserve_prices(const std::filesystem::path& path, model::Faults& faults);

}  // namespace gridtally::scenario
