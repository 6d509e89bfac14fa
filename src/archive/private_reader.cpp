#include "archive/private_reader.hpp"

#include <algorithm>

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

std::uint64_t bounded(const hdf5::Reader& file, const std::string& name, std::uint64_t most) {
  const auto value = file.number(name);
  if (value > most) {
    throw FormatError("attribute " + name + ": " + std::to_string(value) + ", at most " +
                      std::to_string(most) + " is possible");
  }
  return value;
}

void check_identity(const hdf5::Reader& file, std::string_view format,
                    const PrivateExpectation& expected) {
  const auto number = [&](const char* name) { return std::to_string(file.number(name)); };
  require_equal("attribute format", std::string(format), file.text("format"));
  require_equal("attribute format_version", std::to_string(private_version),
                number("format_version"));
  require_equal("attribute run_id", ledger::to_hex(expected.run_id), file.text("run_id"));
  require_equal("attribute slots", std::to_string(expected.slots), number("slots"));
}

Extents claimed_extents(const hdf5::Reader& file, const PrivateExpectation& expected) {
  Extents extents;
  extents.prosumers = expected.prosumers;
  extents.slots = expected.slots;
  extents.days = bounded(file, "days", expected.max_days);
  extents.settled_days = bounded(file, "settled_days", extents.days);
  extents.name_width = file.text_width("/prosumer", max_name_width);
  return extents;
}

ColumnReaders open_columns(const hdf5::Reader& file, const std::vector<Column>& columns,
                           const Extents& extents) {
  const auto found = file.paths();
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

/// The next prosumer's days [first, end).
PrivateDays read_schedules(ColumnReaders& readers, const Extents& extents, std::uint32_t first,
                           std::uint32_t end) {
  PrivateDays days(end - first);
  if (extents.settled_days == 0) return days;
  for_each_schedule_field([&](const std::string& path, const ScheduleField& field) {
    const auto all = numbers<double>(readers.at(path).next_row());
    for (auto day = first; day < end; ++day) {
      days[day - first].*field.member = piece(all, day, extents.slots);
    }
  });
  for_each_schedule_total([&](const std::string& path, const ScheduleTotal& total) {
    const auto row = readers.at(path).next_row();
    for (auto day = first; day < end; ++day) {
      days[day - first].*total.member = number_at<double>(row, day);
    }
  });
  return days;
}

PrivateProsumer read_prosumer(ColumnReaders& readers, const Extents& extents,
                              std::uint32_t expected_index, std::uint32_t first,
                              std::uint32_t end) {
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
  prosumer.schedules = read_schedules(readers, extents, first, end);
  return prosumer;
}

PrivateFile without_prosumers(const PrivateExpectation& expected, const Extents& extents) {
  PrivateFile content;
  content.run_id = expected.run_id;
  content.meter = expected.meter;
  content.days = static_cast<std::uint32_t>(extents.days);
  content.slots = expected.slots;
  return content;
}

/// What `call` gives; FormatError with `path` before what it says.
template <class Call>
auto naming(const std::filesystem::path& path, const Call& call) {
  try {
    return call();
  } catch (const FormatError& error) {
    throw FormatError(std::string("'") + path.string() + "': " + error.what());
  }
}
}  // namespace

PrivateFileReader::PrivateFileReader(std::filesystem::path path, const PrivateExpectation& expected)
    : path_(std::move(path)), expected_(expected) {
  if (!std::filesystem::is_regular_file(path_)) {
    throw IoError(std::string("'") + path_.string() + "' is missing or not a regular file");
  }
  naming(path_, [&] {
    const hdf5::Reader file{Input(path_)};
    check_identity(file, private_format, expected);
    require_equal("attribute meter", std::to_string(expected.meter),
                  std::to_string(file.number("meter")));
    extents_ = claimed_extents(file, expected);
    readers_ = open_columns(file, private_columns(), extents_);
  });
}

PrivateFile PrivateFileReader::about() {
  return naming(path_, [&] {
    auto content = without_prosumers(expected_, extents_);
    const auto salt = readers_.at("/salt_key").all();
    std::copy(salt.begin(), salt.end(), content.salt_key.begin());
    return content;
  });
}

PrivateProsumer PrivateFileReader::next(std::uint32_t first, std::uint32_t end) {
  return naming(path_, [&] {
    return read_prosumer(readers_, extents_, expected_.first_prosumer + next_++, first, end);
  });
}

PrivateDays PrivateFileReader::next_schedules(std::uint32_t first, std::uint32_t end) {
  return naming(path_, [&] { return read_schedules(readers_, extents_, first, end); });
}

/// The merged file, open.
class PrivateFolder::Merged {
 public:
  Merged(const std::filesystem::path& path, const PrivateExpectation& expected)
      : file_(Input(path)) {
    check_identity(file_, merged_format, expected);
    auto whole = expected;
    whole.prosumers = expected.all_prosumers;
    extents_ = claimed_extents(file_, whole);
    extents_.meters = expected.all_meters;
    readers_ = open_columns(file_, merged_columns(), extents_);
  }

  [[nodiscard]] const Extents& extents() const { return extents_; }

  /// What is not one prosumer's; prosumer goes on with the meter's first.
  PrivateFile about(const PrivateExpectation& expected) {
    auto content = without_prosumers(expected, extents_);
    for (auto& [path, reader] : readers_) {
      reader.seek(path == "/salt_key" || path == "/meter" ? expected.meter
                                                          : expected.first_prosumer);
    }
    require_equal("dataset /meter", std::to_string(expected.meter), next_number("/meter"));
    const auto salt = readers_.at("/salt_key").next_row();
    std::copy(salt.begin(), salt.end(), content.salt_key.begin());
    return content;
  }

  PrivateProsumer prosumer(std::uint32_t meter, std::uint32_t index, std::uint32_t first,
                           std::uint32_t end) {
    require_equal("dataset /served_by", std::to_string(meter), next_number("/served_by"));
    return read_prosumer(readers_, extents_, index, first, end);
  }
  PrivateDays schedules(std::uint32_t first, std::uint32_t end) {
    return read_schedules(readers_, extents_, first, end);
  }

 private:
  std::string next_number(const char* path) {
    return std::to_string(number_at<std::uint32_t>(readers_.at(path).next_row(), 0));
  }

  hdf5::Reader file_;
  Extents extents_;
  ColumnReaders readers_;
};

/// One meter's part of the merged file.
class PrivateFolder::Part final : public PrivateReader {
 public:
  Part(std::filesystem::path path, Merged& merged, const PrivateExpectation& expected)
      : path_(std::move(path)), merged_(merged), expected_(expected) {
    about_ = naming(path_, [&] { return merged_.about(expected_); });
  }

  PrivateFile about() override { return about_; }
  [[nodiscard]] std::uint32_t settled_days() const override {
    return static_cast<std::uint32_t>(merged_.extents().settled_days);
  }
  PrivateProsumer next(std::uint32_t first, std::uint32_t end) override {
    return naming(path_, [&] {
      return merged_.prosumer(expected_.meter, expected_.first_prosumer + next_++, first, end);
    });
  }
  PrivateDays next_schedules(std::uint32_t first, std::uint32_t end) override {
    return naming(path_, [&] { return merged_.schedules(first, end); });
  }

 private:
  std::filesystem::path path_;
  Merged& merged_;
  PrivateExpectation expected_;
  PrivateFile about_;
  std::uint32_t next_ = 0;
};

PrivateFolder::PrivateFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}
PrivateFolder::PrivateFolder(PrivateFolder&&) noexcept = default;
PrivateFolder& PrivateFolder::operator=(PrivateFolder&&) noexcept = default;
PrivateFolder::~PrivateFolder() = default;

std::optional<std::string> PrivateFolder::file_of(std::uint32_t meter) const {
  std::error_code unreadable;
  for (const auto& name : {private_file_name(meter), std::string(merged_file_name)}) {
    if (std::filesystem::exists(folder_ / name, unreadable)) return name;
  }
  return std::nullopt;
}

std::unique_ptr<PrivateReader> PrivateFolder::open(const PrivateExpectation& expected) {
  if (file_of(expected.meter) != std::string(merged_file_name)) {
    return std::make_unique<PrivateFileReader>(folder_ / private_file_name(expected.meter),
                                               expected);
  }
  const auto path = folder_ / merged_file_name;
  if (!merged_) merged_ = naming(path, [&] { return std::make_unique<Merged>(path, expected); });
  return std::make_unique<Part>(path, *merged_, expected);
}

std::uint32_t meter_of_private_file(const std::filesystem::path& path) {
  const hdf5::Reader file{Input(path)};
  require_equal("attribute format", std::string(private_format), file.text("format"));
  return static_cast<std::uint32_t>(bounded(file, "meter", 0xffffffffU));
}

}  // namespace gridtally::archive
