#include "archive/column_writer.hpp"
#include "archive/kept_days.hpp"
#include "archive/private_layout.hpp"
#include "archive/private_sample.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"
#include "fuzz/targets/mending.hpp"
#include "fuzz/targets/target.hpp"

namespace gridtally::fuzz {

namespace {

using archive::KeptDays;
using archive::PrivateExpectation;
using archive::PrivateFile;

const ledger::Genesis& genesis() { return material().chain.genesis; }

/// What an auditor knows of a meter's private data.
PrivateExpectation expected_of(std::uint32_t meter) {
  const auto& known = genesis().meters[meter];
  return {ledger::run_id(genesis()),
          meter,
          known.first,
          known.count,
          genesis().days,
          static_cast<std::uint32_t>(genesis().terms.slots),
          static_cast<std::uint32_t>(genesis().prosumers.size()),
          static_cast<std::uint32_t>(genesis().meters.size())};
}

/// Of one settled day.
PrivateFile private_file_of(std::uint32_t meter) {
  const auto expected = expected_of(meter);
  PrivateFile file;
  file.run_id = expected.run_id;
  file.meter = meter;
  file.days = expected.max_days;
  file.slots = expected.slots;
  for (std::uint32_t i = 0; i < expected.prosumers; ++i) {
    file.prosumers.push_back(
        archive::testing::make_prosumer(expected.first_prosumer + i, file.days, file.slots, 1));
  }
  return file;
}

const Bytes& private_file() {
  static const auto made = [] {
    const TestFolder folder;
    archive::make_private_folder(folder / "private");
    archive::write_private_file(folder / "private", private_file_of(0));
    return read_file(folder / "private" / archive::private_file_name(0));
  }();
  return made;
}

/// Numbers and names as bytes, so that what is no number compares like all else.
Bytes bytes_of(const PrivateFile& file) {
  ledger::ByteWriter out;
  out.raw(file.salt_key);
  for (const auto& prosumer : file.prosumers) {
    archive::give_rows(prosumer, prosumer.parameters.name.size(),
                       [&](const std::string& path, ByteView row) { out.string(path).blob(row); });
  }
  return out.take();
}

/// Whoever reads schedules alone reads the same ones.
void require_schedules(KeptDays kept, const PrivateFile& whole) {
  for (const auto& prosumer : whole.prosumers) {
    const auto found = kept.next_schedules(0, kept.days());
    require_same(archive::encode_private_day(0, found),
                 archive::encode_private_day(0, prosumer.schedules));
  }
}

/// A meter's file.
void read_private(ByteView bytes) {
  Bytes content(bytes.begin(), bytes.end());
  sum_chunks(content);
  const auto path = put("private.h5", content);
  const auto expected = expected_of(0);
  const auto file = archive::read_private_file_at(path, expected);
  if (file.prosumers.size() != expected.prosumers) throw Broken("a private file of other homes");
  if (archive::meter_of_private_file(path) != 0) throw Broken("two meters in a private file");
  require_schedules(KeptDays(path, expected), file);
}

/// Days of profiles that the files of days below are read with: more than are in any.
constexpr std::uint32_t most_days = 5;

PrivateExpectation expected_with_days() {
  auto expected = expected_of(0);
  expected.max_days = most_days;
  return expected;
}

/// A file of the days [first, end).
Bytes days_file(std::uint32_t first, std::uint32_t end) {
  const auto expected = expected_with_days();
  auto bytes = archive::encode(archive::PrivateDaysHeader{
      expected.run_id, expected.meter, expected.prosumers, expected.slots, first});
  for (auto day = first; day < end; ++day) {
    const archive::PrivateDay schedules(
        expected.prosumers, archive::testing::make_schedule(expected.slots, 1000.0 * day));
    const auto encoded = archive::encode_private_day(day, schedules);
    bytes.insert(bytes.end(), encoded.begin(), encoded.end());
  }
  return bytes;
}

/// The days that count, written again, are what the file begins with.
void require_written_again(const archive::PrivateDaysReader& days, ByteView content) {
  const auto expected = expected_with_days();
  if (days.end() == days.first()) return;
  auto again = archive::encode(archive::PrivateDaysHeader{
      expected.run_id, expected.meter, expected.prosumers, expected.slots, days.first()});
  for (auto day = days.first(); day < days.end(); ++day) {
    archive::PrivateDay schedules;
    for (std::uint32_t i = 0; i < expected.prosumers; ++i) schedules.push_back(days.read(day, i));
    const auto encoded = archive::encode_private_day(day, schedules);
    again.insert(again.end(), encoded.begin(), encoded.end());
  }
  require_same(again, content.first(std::min(again.size(), content.size())));
}

/// Days that go on from so many of a meter's file count; others do not.
void require_going_on(const archive::PrivateDaysReader& days, const std::filesystem::path& folder) {
  const auto expected = expected_with_days();
  for (std::size_t filed = 0; filed <= most_days; ++filed) {
    const bool goes_on = days.first() <= filed && days.end() > filed;
    if (archive::private_days_after(folder, expected, filed).has_value() != goes_on) {
      throw Broken("days that were lost or made up");
    }
  }
}

/// A file of days where no other file of the meter is. The first byte says whether header and days
/// get their right hashes.
void read_days(ByteView bytes) {
  static const auto folder = own_folder("days");
  if (bytes.empty()) return;
  const auto expected = expected_with_days();
  Bytes content(bytes.begin() + 1, bytes.end());
  static const auto day_bytes = days_file(0, 1).size() - days_file(0, 0).size() - 32;
  if (bytes[0] % 2 == 1) hash_days(content, day_bytes);
  const auto path = put("days/" + archive::private_days_name(0), content);
  const archive::PrivateDaysReader days(archive::Input(path), expected);
  require_written_again(days, content);
  require_going_on(days, folder);
  archive::PrivateFolder alone(folder);
  KeptDays kept(alone, expected);
  if (kept.days() != (days.first() == 0 ? days.end() : 0)) throw Broken("other days are kept");
  for (std::uint32_t prosumer = 0; prosumer < expected.prosumers; ++prosumer) {
    const auto found = kept.next_schedules(0, kept.days());
    for (std::uint32_t day = 0; day < kept.days(); ++day) {
      const archive::PrivateDay read{days.read(day, prosumer)};
      require_same(archive::encode_private_day(0, {&found.at(day), 1}),
                   archive::encode_private_day(0, read));
    }
  }
}

/// The merged file as src/merged writes it, without MPI.
Bytes merged_file() {
  const TestFolder folder;
  const auto path = folder / archive::merged_file_name;
  archive::Extents extents;
  extents.prosumers = genesis().prosumers.size();
  extents.meters = genesis().meters.size();
  extents.slots = genesis().terms.slots;
  extents.days = genesis().days;
  extents.settled_days = 1;
  extents.name_width = 8;
  auto file = archive::hdf5::create_file(path);
  auto columns = archive::create_columns(file.get(), archive::merged_columns(), extents);
  const auto write = [&](const auto& name, std::uint64_t number) {
    archive::hdf5::write_attribute(file.get(), name, number);
  };
  archive::hdf5::write_attribute(file.get(), "format", std::string(archive::merged_format));
  write("format_version", archive::private_version);
  archive::hdf5::write_attribute(file.get(), "run_id", ledger::to_hex(ledger::run_id(genesis())));
  write("days", extents.days);
  write("slots", extents.slots);
  write("settled_days", extents.settled_days);
  const archive::RowSink add = [&](const std::string& name, ByteView row) {
    columns.at(name).append(row);
  };
  for (const auto& [name, bytes] : archive::private_coordinates(extents)) add(name, bytes);
  for (std::uint32_t meter = 0; meter < extents.meters; ++meter) {
    add("/meter", archive::bytes_of_one(meter));
    add("/salt_key", ledger::Digest{});
    for (const auto& prosumer : private_file_of(meter).prosumers) {
      archive::give_rows(prosumer, extents.name_width, add);
      add("/served_by", archive::bytes_of_one(meter));
    }
  }
  for (auto& [name, column] : columns) column.finish();
  columns.clear();
  if (!file.close()) throw IoError("the merged file of the material");
  return read_file(path);
}

/// Meter by meter, and the other way round.
void read_merged(ByteView bytes) {
  static const auto folder = own_folder("merged");
  Bytes content(bytes.begin(), bytes.end());
  sum_chunks(content);
  put(std::string("merged/") + archive::merged_file_name, content);
  const auto meters = static_cast<std::uint32_t>(genesis().meters.size());
  archive::PrivateFolder forth(folder);
  std::vector<Bytes> found;
  for (std::uint32_t meter = 0; meter < meters; ++meter) {
    const auto file = forth.read(expected_of(meter));
    found.push_back(bytes_of(file));
    archive::PrivateFolder alone(folder);
    require_schedules(KeptDays(alone, expected_of(meter)), file);
  }
  archive::PrivateFolder back(folder);
  for (auto meter = meters; meter-- > 0;) {
    require_same(bytes_of(back.read(expected_of(meter))), found[meter]);
  }
}

}  // namespace

std::vector<Target> private_data() {
  return {{"private", [] { return std::vector<Bytes>{private_file()}; }, read_private},
          {"days",
           [] {
             return std::vector<Bytes>{after(0, days_file(0, 2)), after(1, days_file(0, 3)),
                                       after(1, days_file(1, 2))};
           },
           read_days},
          {"merged", [] { return std::vector<Bytes>{merged_file()}; }, read_merged}};
}

}  // namespace gridtally::fuzz
