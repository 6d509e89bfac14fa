#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/text.hpp"
#include "model/csv_reader.hpp"
#include "model/folder_files.hpp"

namespace gridtally::model {

namespace {

constexpr Limits weight_limits{0.0, largest_price};
constexpr Limits efficiency_limits{0.0, 1.0, true};
constexpr Limits balance_limits{0.0, 1e9};
constexpr double micro = 1e6;

/// Faults between the columns of one row.
void check_battery(const Prosumer& p, const Place& place, Faults& faults) {
  const auto text = [](double value) { return gridtally::to_text(value); };
  if (p.battery_min > p.battery_max) {
    faults.add(place, "battery bounds are reversed: battery_min_kwh " + text(p.battery_min) +
                          " > battery_max_kwh " + text(p.battery_max) + "; give min <= max");
    return;
  }
  if (p.battery_initial < p.battery_min || p.battery_initial > p.battery_max) {
    faults.add(place, "battery_initial_kwh " + text(p.battery_initial) +
                          " lies outside the battery; give a level from " + text(p.battery_min) +
                          " to " + text(p.battery_max));
  }
  const bool no_capacity = p.battery_min == p.battery_max;
  if (no_capacity && (p.charge_max != 0.0 || p.discharge_max != 0.0)) {
    faults.add(place, "a battery without capacity (battery_min_kwh = battery_max_kwh = " +
                          text(p.battery_min) + ") has charge_max_kwh " + text(p.charge_max) +
                          " and discharge_max_kwh " + text(p.discharge_max) + "; give 0 and 0");
  }
}

void read_row(CsvReader& csv, Prosumer& p) {
  struct Column {
    Limits limits;
    double Prosumer::*member;
  };
  constexpr Column columns[] = {
      {energy_limits, &Prosumer::battery_min},
      {energy_limits, &Prosumer::battery_max},
      {energy_limits, &Prosumer::battery_initial},
      {energy_limits, &Prosumer::charge_max},
      {energy_limits, &Prosumer::discharge_max},
      {efficiency_limits, &Prosumer::battery_efficiency},
      {energy_limits, &Prosumer::grid_max},
      {weight_limits, &Prosumer::discomfort_weight},
      {weight_limits, &Prosumer::wear_cost},
  };
  Place place = csv.place();
  place.prosumer = p.name;
  bool complete = true;
  std::size_t index = 1;
  for (const auto& column : columns) {
    const auto value = csv.number(index++, column.limits, place);
    if (value) p.*column.member = *value;
    complete = complete && value;
  }
  if (complete) check_battery(p, place, csv.faults());
  if (index >= csv.columns() || csv.field(index).empty()) return;
  const auto balance = csv.number(index, balance_limits, place);
  if (balance) p.opening_balance = std::round(*balance * micro) / micro;
}

}  // namespace

void read_prosumers(const std::filesystem::path& path, std::vector<Prosumer>& prosumers,
                    Faults& faults) {
  CsvReader csv(path, prosumers_header, faults, balance_column);
  std::unordered_map<std::string, std::size_t> line_by_name;
  while (csv.next()) {
    Prosumer prosumer;
    prosumer.name = std::string(csv.field(0));
    Place place = csv.place();
    place.prosumer = prosumer.name;
    if (prosumer.name.empty()) {
      faults.add(place, "the prosumer's name is empty; give a name that no other prosumer has");
      continue;
    }
    const auto [first, fresh] = line_by_name.try_emplace(prosumer.name, csv.line());
    if (!fresh) {
      faults.add(place, "the prosumer is given twice, first on line " +
                            std::to_string(first->second) + "; give each name once");
      continue;
    }
    read_row(csv, prosumer);
    prosumers.push_back(std::move(prosumer));
  }
  if (csv.usable() && prosumers.empty()) {
    faults.add({csv.name()}, "no prosumers; give one row for each");
  }
}

void write_prosumers(const std::filesystem::path& path, const std::vector<Prosumer>& prosumers) {
  const bool balances = std::any_of(prosumers.begin(), prosumers.end(),
                                    [](const auto& p) { return p.opening_balance.has_value(); });
  std::string text(prosumers_header);
  if (balances) text += "," + std::string(balance_column);
  text += "\n";
  for (const auto& p : prosumers) {
    text += p.name;
    for (const double value :
         {p.battery_min, p.battery_max, p.battery_initial, p.charge_max, p.discharge_max,
          p.battery_efficiency, p.grid_max, p.discomfort_weight, p.wear_cost}) {
      text += "," + gridtally::to_text(value);
    }
    if (balances) text += ",";
    if (p.opening_balance) text += gridtally::to_text(*p.opening_balance);
    text += "\n";
  }
  write_text(path, text);
}

}  // namespace gridtally::model
