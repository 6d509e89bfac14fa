#include "archive/private_layout.hpp"

#include "archive/column.hpp"
#include "archive/coordinates.hpp"

namespace gridtally::archive {

std::vector<Column> private_columns() {
  using enum Axis;
  using hdf5::Type;
  std::vector<Column> columns{
      {"/prosumer", Type::text, {prosumer}, "1", "name of the prosumer"},
      {"/day", Type::u32, {day}, "1", "day of the profiles, from 0"},
      {"/settled_day", Type::u32, {settled_day}, "1", "settled day, from 0"},
      {"/slot", Type::u32, {slot}, "1", "slot of the day, from 0"},
      {"/hash_byte", Type::u32, {digest}, "1", "byte of a key"},
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

std::vector<Column> merged_columns() {
  using enum Axis;
  auto columns = private_columns();
  for (auto& column : columns) {
    if (column.path == "/salt_key") column.axes = {meter, digest};
  }
  columns.push_back({"/meter", hdf5::Type::u32, {meter}, "1", "meter index"});
  columns.push_back({"/served_by", hdf5::Type::u32, {prosumer}, "1", "index of its meter"});
  return columns;
}

void give_rows(const PrivateProsumer& prosumer, std::size_t name_width, const RowSink& sink) {
  sink("/prosumer", padded_names({prosumer.parameters.name}, name_width));
  sink("/index", bytes_of_one(prosumer.prosumer));
  for (const auto& field : parameter_fields) {
    sink(std::string("/parameters/") + field.name, bytes_of_one(prosumer.parameters.*field.member));
  }
  for (const auto& field : profile_fields) {
    sink(std::string("/profiles/") + field.name, bytes_of(prosumer.*field.member));
  }
  for (const auto& schedule : prosumer.schedules) {
    for_each_schedule_field([&](const std::string& path, const ScheduleField& field) {
      sink(path, bytes_of(schedule.*field.member));
    });
    for_each_schedule_total([&](const std::string& path, const ScheduleTotal& total) {
      sink(path, bytes_of_one(schedule.*total.member));
    });
  }
}

std::map<std::string, ledger::Bytes> private_coordinates(const Extents& extents) {
  return {{"/day", counted(extents.days)},
          {"/settled_day", counted(extents.settled_days)},
          {"/slot", counted(extents.slots)},
          {"/hash_byte", counted(extents.of(Axis::digest))}};
}

}  // namespace gridtally::archive
