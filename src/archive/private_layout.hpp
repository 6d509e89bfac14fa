#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "archive/layout.hpp"
#include "archive/private_file.hpp"

namespace gridtally::archive {

inline constexpr std::string_view private_format = "gridtally-private";
inline constexpr std::string_view merged_format = "gridtally-private-merged";
inline constexpr std::uint64_t private_version = 2;

/// One dataset each, named as the column of prosumers.csv or profiles.csv.
struct ParameterField {
  const char* name;
  const char* units;
  const char* long_name;
  double PrivateParameters::*member;
};
inline constexpr std::array<ParameterField, 9> parameter_fields{{
    {"battery_min_kwh", "kWh", "least battery level", &PrivateParameters::battery_min},
    {"battery_max_kwh", "kWh", "greatest battery level", &PrivateParameters::battery_max},
    {"battery_initial_kwh", "kWh", "first level, and least at the end of each day",
     &PrivateParameters::battery_initial},
    {"charge_max_kwh", "kWh", "most charged in a slot", &PrivateParameters::charge_max},
    {"discharge_max_kwh", "kWh", "most discharged in a slot", &PrivateParameters::discharge_max},
    {"battery_efficiency", "1", "efficiency of charge and of discharge",
     &PrivateParameters::battery_efficiency},
    {"grid_max_kwh", "kWh", "most bought from the grid in a slot", &PrivateParameters::grid_max},
    {"discomfort_weight", "cents/kWh2", "omega", &PrivateParameters::discomfort_weight},
    {"wear_cost", "cents/kWh", "kappa", &PrivateParameters::wear_cost},
}};

struct ProfileField {
  const char* name;
  const char* long_name;
  std::vector<double> PrivateProsumer::*member;
};
inline constexpr std::array<ProfileField, 5> profile_fields{{
    {"renewable_kwh", "renewable energy on offer, R", &PrivateProsumer::renewable},
    {"inflexible_kwh", "load that must be served, L_if", &PrivateProsumer::inflexible},
    {"flexible_reference_kwh", "preferred flexible load, L_ref",
     &PrivateProsumer::flexible_reference},
    {"flexible_min_kwh", "least flexible load", &PrivateProsumer::flexible_min},
    {"flexible_max_kwh", "greatest flexible load", &PrivateProsumer::flexible_max},
}};

/// One dataset each, /schedules/… or /multipliers/…
struct ScheduleField {
  const char* name;
  const char* units;
  const char* long_name;
  std::vector<double> PrivateSchedule::*member;
};
inline constexpr std::array<ScheduleField, 8> schedule_fields{{
    {"grid", "kWh", "bought from the grid, g", &PrivateSchedule::grid},
    {"renewable", "kWh", "renewable energy used, r", &PrivateSchedule::renewable},
    {"flexible", "kWh", "flexible load served, l", &PrivateSchedule::flexible},
    {"charge", "kWh", "into the battery, c", &PrivateSchedule::charge},
    {"discharge", "kWh", "out of the battery, d", &PrivateSchedule::discharge},
    {"stored", "kWh", "battery level at the end of the slot, b", &PrivateSchedule::stored},
    {"reserve", "kWh", "reserve offered, e", &PrivateSchedule::reserve},
    {"net_trade", "kWh", "net purchase from the others, s", &PrivateSchedule::net_trade},
}};
inline constexpr std::array<ScheduleField, 4> multiplier_fields{{
    {"premium", "cents/kWh", "q: the bound is evaluated at pi + q", &PrivateSchedule::premium},
    {"battery_price", "cents/kWh", "mu, of the battery equation", &PrivateSchedule::battery_price},
    {"peak_share", "cents/kWh", "zeta, of y >= g", &PrivateSchedule::peak_share},
    {"reserve_share", "cents/kWh", "xi, of e <= b - b_min", &PrivateSchedule::reserve_share},
}};

struct ScheduleTotal {
  const char* name;
  const char* units;
  const char* long_name;
  double PrivateSchedule::*member;
};
inline constexpr std::array<ScheduleTotal, 3> schedule_totals{{
    {"cost", "cents", "cost of the schedule", &PrivateSchedule::cost},
    {"cost_alone", "cents", "cost without trading", &PrivateSchedule::cost_alone},
    {"battery_start", "kWh", "battery level before the day", &PrivateSchedule::battery_start},
}};
inline constexpr std::array<ScheduleTotal, 2> multiplier_totals{{
    {"flexible_price", "cents/kWh", "nu, of the day's flexible energy",
     &PrivateSchedule::flexible_price},
    {"bound", "cents", "term of the lower bound that they prove", &PrivateSchedule::bound},
}};

/// Calls visit(path, field) for every dataset of a settled day's numbers [T].
template <class Visit>
void for_each_schedule_field(const Visit& visit) {
  for (const auto& field : schedule_fields) visit(std::string("/schedules/") + field.name, field);
  for (const auto& field : multiplier_fields) {
    visit(std::string("/multipliers/") + field.name, field);
  }
}
/// The same for its single numbers.
template <class Visit>
void for_each_schedule_total(const Visit& visit) {
  for (const auto& total : schedule_totals) visit(std::string("/schedules/") + total.name, total);
  for (const auto& total : multiplier_totals) {
    visit(std::string("/multipliers/") + total.name, total);
  }
}

/// Every dataset of a meter's private file.
std::vector<Column> private_columns();
/// Every dataset of the merged file: the same for all prosumers, with the meters that serve them.
std::vector<Column> merged_columns();

/// Takes the bytes of one prosumer's row of a dataset.
using RowSink = std::function<void(const std::string& path, ledger::ByteView bytes)>;
/// Its row of every dataset along the prosumers.
void give_rows(const PrivateProsumer& prosumer, std::size_t name_width, const RowSink& sink);
/// Bytes of the scales: everything about a file that is not one prosumer's or meter's.
std::map<std::string, ledger::Bytes> private_coordinates(const Extents& extents);

}  // namespace gridtally::archive
