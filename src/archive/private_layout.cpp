#include "archive/private_layout.hpp"

namespace gridtally::archive {

std::vector<Column> private_columns() {
  using enum Axis;
  using hdf5::Type;
  std::vector<Column> columns{
      {"/prosumer", Type::text, {prosumer}, "1", "name of the prosumer"},
      {"/day", Type::u32, {day}, "1", "day of the profiles, from 0"},
      {"/settled_day", Type::u32, {settled_day}, "1", "settled day, from 0"},
      {"/slot", Type::u32, {slot}, "1", "slot of the day, from 0"},
      {"/index", Type::u32, {prosumer}, "1", "prosumer index in the community"},
      {"/salt_key", Type::u8, {digest}, "1", "secret key of the salts of the commitments"},
  };
  for (const auto& field : parameter_fields) {
    columns.push_back({std::string("/parameters/") + field.name,
                       Type::f64,
                       {prosumer},
                       field.units,
                       field.long_name});
  }
  for (const auto& field : profile_fields) {
    columns.push_back({std::string("/profiles/") + field.name,
                       Type::f64,
                       {prosumer, day, slot},
                       "kWh",
                       field.long_name});
  }
  for_each_schedule_field([&](const std::string& path, const ScheduleField& field) {
    columns.push_back(
        {path, Type::f64, {prosumer, settled_day, slot}, field.units, field.long_name});
  });
  for_each_schedule_total([&](const std::string& path, const ScheduleTotal& total) {
    columns.push_back({path, Type::f64, {prosumer, settled_day}, total.units, total.long_name});
  });
  return columns;
}

}  // namespace gridtally::archive
