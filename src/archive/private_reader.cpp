#include <algorithm>

#include "archive/column.hpp"
#include "archive/coordinates.hpp"
#include "archive/private_layout.hpp"
#include "base/error.hpp"

namespace gridtally::archive {

namespace {
constexpr std::size_t max_name_width = 4096;

void require_equal(const std::string& what, const std::string& expected, const std::string& found) {
  if (expected == found) return;
  throw FormatError(what + ": expected " + expected + ", found " + found);
}

std::uint64_t bounded(hid_t file, const std::string& name, std::uint64_t most) {
  const auto value = hdf5::read_number_attribute(file, name);
  if (value > most) {
    throw FormatError("attribute " + name + ": " + std::to_string(value) + ", at most " +
                      std::to_string(most) + " is possible");
  }
  return value;
}

void check_identity(hid_t file, const PrivateExpectation& expected) {
  const auto number = [&](const char* name) {
    return std::to_string(hdf5::read_number_attribute(file, name));
  };
  require_equal("attribute format", std::string(private_format),
                hdf5::read_text_attribute(file, "format"));
  require_equal("attribute format_version", std::to_string(private_version),
                number("format_version"));
  require_equal("attribute run_id", ledger::to_hex(expected.run_id),
                hdf5::read_text_attribute(file, "run_id"));
  require_equal("attribute meter", std::to_string(expected.meter), number("meter"));
  require_equal("attribute slots", std::to_string(expected.slots), number("slots"));
}

Extents claimed_extents(hid_t file, const PrivateExpectation& expected) {
  Extents extents;
  extents.prosumers = expected.prosumers;
  extents.slots = expected.slots;
  extents.days = bounded(file, "days", expected.max_days);
  extents.settled_days = bounded(file, "settled_days", extents.days);
  extents.name_width = hdf5::text_width(file, "/prosumer", max_name_width);
  return extents;
}

ColumnReaders open_columns(hid_t file, const Extents& extents) {
  const auto columns = private_columns();
  const auto found = hdf5::dataset_paths(file, 4 * columns.size());
  require_equal("number of datasets", std::to_string(columns.size()), std::to_string(found.size()));
  ColumnReaders readers;
  for (const auto& column : columns) {
    readers.emplace(column.path, ColumnReader(file, column, extents));
  }
  return readers;
}

std::string name_at(ledger::ByteView row) {
  const auto end = std::find(row.begin(), row.end(), std::uint8_t{0});
  return {row.begin(), end};
}

/// Cuts `all` into `count` vectors of `size` numbers.
std::vector<double> piece(const std::vector<double>& all, std::size_t index, std::size_t size) {
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(index * size);
  return {first, first + static_cast<std::ptrdiff_t>(size)};
}

void read_schedules(ColumnReaders& readers, const Extents& extents, PrivateProsumer& prosumer) {
  prosumer.schedules.resize(extents.settled_days);
  if (extents.settled_days == 0) return;
  for_each_schedule_field([&](const std::string& path, const ScheduleField& field) {
    const auto all = numbers<double>(readers.at(path).next_row());
    for (std::size_t day = 0; day < extents.settled_days; ++day) {
      prosumer.schedules[day].*field.member = piece(all, day, extents.slots);
    }
  });
  for_each_schedule_total([&](const std::string& path, const ScheduleTotal& total) {
    const auto row = readers.at(path).next_row();
    for (std::size_t day = 0; day < extents.settled_days; ++day) {
      prosumer.schedules[day].*total.member = number_at<double>(row, day);
    }
  });
}

PrivateProsumer read_prosumer(ColumnReaders& readers, const Extents& extents,
                              std::uint32_t expected_index) {
  PrivateProsumer prosumer;
  prosumer.prosumer = number_at<std::uint32_t>(readers.at("/index").next_row(), 0);
  require_equal("dataset /index", std::to_string(expected_index),
                std::to_string(prosumer.prosumer));
  prosumer.parameters.name = name_at(readers.at("/prosumer").next_row());
  for (const auto& field : parameter_fields) {
    prosumer.parameters.*field.member =
        number_at<double>(readers.at(std::string("/parameters/") + field.name).next_row(), 0);
  }
  for (const auto& field : profile_fields) {
    prosumer.*field.member =
        numbers<double>(readers.at(std::string("/profiles/") + field.name).next_row());
  }
  read_schedules(readers, extents, prosumer);
  return prosumer;
}

PrivateFile read_content(const std::filesystem::path& path, const PrivateExpectation& expected) {
  const auto file = hdf5::open_file(path);
  check_identity(file.get(), expected);
  const auto extents = claimed_extents(file.get(), expected);
  auto readers = open_columns(file.get(), extents);
  PrivateFile content;
  content.run_id = expected.run_id;
  content.meter = expected.meter;
  content.days = static_cast<std::uint32_t>(extents.days);
  content.slots = expected.slots;
  const auto salt = readers.at("/salt_key").all();
  std::copy(salt.begin(), salt.end(), content.salt_key.begin());
  for (std::uint32_t i = 0; i < expected.prosumers; ++i) {
    content.prosumers.push_back(read_prosumer(readers, extents, expected.first_prosumer + i));
  }
  return content;
}
}  // namespace

PrivateFile read_private_file(const std::filesystem::path& folder,
                              const PrivateExpectation& expected) {
  const auto path = folder / private_file_name(expected.meter);
  if (!std::filesystem::is_regular_file(path)) {
    throw IoError(std::string("'") + path.string() + "' is missing or not a regular file");
  }
  try {
    return read_content(path, expected);
  } catch (const FormatError& error) {
    throw FormatError(std::string("'") + path.string() + "': " + error.what());
  }
}

}  // namespace gridtally::archive
