#include <algorithm>
#include <cmath>
#include <iterator>
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

struct Column {
  Limits limits;
  double Prosumer::*member;
};
/// Behind the name, in the order of prosumers_header.
constexpr Column private_columns[] = {
    {energy_limits, &Prosumer::battery_min},     {energy_limits, &Prosumer::battery_max},
    {energy_limits, &Prosumer::battery_initial}, {energy_limits, &Prosumer::charge_max},
    {energy_limits, &Prosumer::discharge_max},   {efficiency_limits, &Prosumer::battery_efficiency},
    {energy_limits, &Prosumer::grid_max},        {weight_limits, &Prosumer::discomfort_weight},
    {weight_limits, &Prosumer::wear_cost},
};
constexpr std::size_t first_private = 1;
constexpr std::size_t behind_private = first_private + std::size(private_columns);

/// The private columns, which are all empty or all there.
void read_numbers(CsvReader& csv, const Place& place, Prosumer& p) {
  std::string empty;
  std::size_t empty_count = 0;
  for (std::size_t index = first_private; index < behind_private; ++index) {
    if (!csv.field(index).empty()) continue;
    empty += (empty_count++ > 0 ? ", " : "") + std::string(csv.column(index));
  }
  p.known = empty_count < std::size(private_columns);
  if (!p.known) return;
  bool complete = empty_count == 0;
  if (!complete) {
    csv.faults().add(place, "empty beside numbers: " + empty +
                                "; give all the home's numbers, or none where its private part is "
                                "not in this folder");
  }
  std::size_t index = first_private;
  for (const auto& column : private_columns) {
    if (!csv.field(index).empty()) {
      const auto value = csv.number(index, column.limits, place);
      if (value) p.*column.member = *value;
      complete = complete && value;
    }
    ++index;
  }
  if (complete) check_battery(p, place, csv.faults());
}

void read_row(CsvReader& csv, const Place& place, Prosumer& p) {
  read_numbers(csv, place, p);
  if (behind_private >= csv.columns() || csv.field(behind_private).empty()) return;
  const auto balance = csv.number(behind_private, balance_limits, place);
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
    read_row(csv, place, prosumer);
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
    for (const auto& column : private_columns) {
      text += "," + (p.known ? gridtally::to_text(p.*column.member) : "");
    }
    if (balances) text += ",";
    if (p.opening_balance) text += gridtally::to_text(*p.opening_balance);
    text += "\n";
  }
  write_text(path, text);
}

}  // namespace gridtally::model
