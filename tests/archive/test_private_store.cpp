#include <gtest/gtest.h>

#include <fstream>

#include "archive/private_days.hpp"
#include "archive/private_sample.hpp"
#include "archive/private_store.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/error.hpp"
#include "base/test_folder.hpp"

namespace gridtally::archive {
namespace {

using testing::contents;
using testing::overwrite;
namespace fs = std::filesystem;

constexpr std::uint32_t days = 9;
constexpr std::uint32_t slots = 2;

/// Meters 0 (homes 0 and 1) and 1 (home 2), with `settled` days.
std::vector<PrivateFile> make_files(std::size_t settled) {
  std::vector<PrivateFile> files(2);
  for (std::uint32_t m = 0; m < files.size(); ++m) {
    files[m].run_id = ledger::Digest{9};
    files[m].meter = m;
    files[m].salt_key = ledger::Digest{static_cast<std::uint8_t>(m)};
    files[m].days = days;
    files[m].slots = slots;
  }
  files[0].prosumers = {testing::make_prosumer(0, days, slots, settled),
                        testing::make_prosumer(1, days, slots, settled)};
  files[1].prosumers = {testing::make_prosumer(2, days, slots, settled)};
  return files;
}

PrivateDay day_of(const std::vector<PrivateFile>& files, std::size_t day) {
  PrivateDay schedules;
  for (const auto& file : files) {
    for (const auto& prosumer : file.prosumers) schedules.push_back(prosumer.schedules.at(day));
  }
  return schedules;
}

class PrivateStoreTest : public ::testing::Test {
 protected:
  PrivateStoreTest() {
    genesis_.prosumers = {"a", "b", "c"};
    genesis_.meters.resize(2);
    make_private_folder(folder());
    make_private_folder(reference());
  }

  fs::path folder() const { return root_ / "private"; }
  fs::path reference() const { return root_ / "reference"; }
  PrivateStore store() const { return {folder(), genesis_, inputs_}; }

  void add(PrivateStore& store, std::uint32_t first, std::uint32_t end) const {
    for (auto day = first; day < end; ++day) store.add(day, day_of(all_, day));
  }

  /// The slow way: all days at once, from memory.
  void expect_as_written_at_once(std::size_t settled) const {
    write_private_files(reference(), make_files(settled));
    for (const auto* name : {"meter-00000.h5", "meter-00001.h5"}) {
      EXPECT_EQ(contents(folder() / name), contents(reference() / name)) << name;
    }
    EXPECT_EQ(std::distance(fs::directory_iterator(folder()), {}), 2);
  }

  /// Days that a reader of meter 0 finds, which are those of the reference.
  std::size_t readable_days() const {
    const PrivateExpectation expected{ledger::Digest{9}, 0, 0, 2, days, slots, 3, 2};
    const auto file = read_private_file(folder(), expected);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto& found = file.prosumers[i].schedules;
      const auto& reference = all_[0].prosumers[i].schedules;
      EXPECT_TRUE(std::equal(found.begin(), found.end(), reference.begin())) << i;
    }
    return file.prosumers[0].schedules.size();
  }

  TestFolder root_;
  ledger::Genesis genesis_;
  std::vector<PrivateFile> inputs_ = make_files(0);
  std::vector<PrivateFile> all_ = make_files(days);
};

TEST_F(PrivateStoreTest, DaysAddedOneByOneAreThoseWrittenAtOnceByteByByte) {
  for (std::uint32_t settled = 0; settled <= days; ++settled) {
    auto added = store();
    added.begin();
    add(added, 0, settled);
    EXPECT_EQ(readable_days(), settled);
    added.finish();
    expect_as_written_at_once(settled);
  }
}

TEST_F(PrivateStoreTest, FilesAreWrittenAnewLessAndLessOften) {
  auto added = store();
  added.begin();
  std::string filed;
  for (std::uint32_t day = 0; day < days; ++day) {
    add(added, day, day + 1);
    if (!fs::exists(folder() / "meter-00000.days")) filed += std::to_string(day + 1) + " ";
  }
  EXPECT_EQ(filed, "1 3 7 ");
}

TEST_F(PrivateStoreTest, FilesOfDaysAreOpenToTheirOwnerOnly) {
  auto added = store();
  added.begin();
  add(added, 0, 2);
  EXPECT_EQ(fs::status(folder() / "meter-00001.days").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(PrivateStoreTest, GoesOnFromWhereItWasLeft) {
  for (std::uint32_t left = 0; left <= days; ++left) {
    {
      auto first = store();
      first.begin();
      add(first, 0, left);
    }
    auto second = store();
    const auto standing = second.go_on(left);
    ASSERT_EQ(standing.days, left);
    if (left > 0) {
      std::vector<double> levels;
      for (const auto& schedule : day_of(all_, left - 1)) levels.push_back(schedule.stored.back());
      EXPECT_EQ(standing.levels, levels);
    }
    add(second, left, days);
    second.finish();
    expect_as_written_at_once(days);
  }
}

TEST_F(PrivateStoreTest, DaysThatAreNotSealedAreDropped) {
  for (std::uint32_t sealed = 0; sealed <= 5; ++sealed) {
    {
      auto first = store();
      first.begin();
      add(first, 0, 5);
    }
    auto second = store();
    EXPECT_EQ(second.go_on(sealed).days, sealed);
    EXPECT_EQ(readable_days(), sealed);
    expect_as_written_at_once(sealed);
  }
}

TEST_F(PrivateStoreTest, AMeterThatHasADayKeepsIt) {
  {
    auto first = store();
    first.begin();
    add(first, 0, 5);
  }
  fs::remove(folder() / "meter-00001.h5");
  auto second = store();
  EXPECT_EQ(second.go_on(5).days, 0U);
  auto others = all_;
  others[0].prosumers[0].schedules[0].grid[0] += 1.0;
  second.add(0, day_of(others, 0));
  add(second, 1, 5);
  second.finish();
  expect_as_written_at_once(5);
}

TEST_F(PrivateStoreTest, ADayThatDoesNotFollowIsRefused) {
  auto added = store();
  added.begin();
  EXPECT_THROW(add(added, 1, 2), Error);
}

TEST_F(PrivateStoreTest, MergedFileLeavesNoOther) {
  auto added = store();
  added.begin();
  add(added, 0, 5);
  const auto next = added.reading();
  EXPECT_EQ(added.days(), 5U);
  for (const auto& file : make_files(5)) {
    for (const auto& prosumer : file.prosumers) EXPECT_EQ(next(), prosumer.schedules);
  }
  added.remove();
  EXPECT_TRUE(fs::is_empty(folder()));
}

/// Files of days 3 and 4 beside files of three days.
class PrivateDays : public PrivateStoreTest {
 protected:
  PrivateDays() {
    auto first = store();
    first.begin();
    add(first, 0, 3);
    first.finish();
    add(first, 3, 5);
    bytes_ = contents(path_);
  }

  std::string refusal(std::uint32_t sealed) const {
    try {
      auto again = store();
      again.go_on(sealed);
    } catch (const InputError& error) {
      return error.what();
    }
    return {};
  }

  fs::path path_ = folder() / "meter-00000.days";
  std::vector<std::uint8_t> bytes_;
};

/// The numbers of FORMAT.md's table with `axes` axes, in its order.
void put_numbers(ledger::ByteWriter& out, const PrivateSchedule& schedule, std::size_t axes) {
  for (const auto& column : private_columns()) {
    if (column.axes.size() != axes) continue;
    for_each_schedule_field([&](const std::string& path, const auto& field) {
      if (path == column.path) out.f64s(schedule.*field.member);
    });
    for_each_schedule_total([&](const std::string& path, const auto& total) {
      if (path == column.path) out.f64(schedule.*total.member);
    });
  }
}

TEST_F(PrivateDays, AreThoseOfThePage) {
  ledger::Bytes expected;
  const auto add_hashed = [&](const ledger::ByteWriter& part) {
    expected.insert(expected.end(), part.bytes().begin(), part.bytes().end());
    const auto digest = ledger::sha256(part.bytes());
    expected.insert(expected.end(), digest.begin(), digest.end());
  };
  ledger::ByteWriter header;
  header.tag("gridtally-days").u16(1).raw(ledger::Digest{9});
  add_hashed(header.u32(0).u32(2).u32(slots).u32(3));
  for (const std::uint32_t number : {3U, 4U}) {
    ledger::ByteWriter day;
    day.u32(number);
    for (const auto& prosumer : all_[0].prosumers) {
      put_numbers(day, prosumer.schedules[number], 3);
      put_numbers(day, prosumer.schedules[number], 2);
    }
    add_hashed(day);
  }
  EXPECT_EQ(bytes_, expected);
}

TEST_F(PrivateDays, CutOffAnywhereTheWholeDaysCount) {
  const auto header = encode(PrivateDaysHeader{}).size();
  const auto day = (bytes_.size() - header) / 2;
  for (std::size_t size = 0; size <= bytes_.size(); ++size) {
    overwrite(path_, {bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_EQ(readable_days(), 3 + (size < header ? 0 : (size - header) / day)) << size;
  }
}

TEST_F(PrivateDays, AnyChangedByteEndsThem) {
  for (std::size_t at = 0; at < bytes_.size(); ++at) {
    auto changed = bytes_;
    changed[at] ^= 1U;
    overwrite(path_, changed);
    EXPECT_LT(readable_days(), 5U) << at;
  }
}

TEST_F(PrivateDays, OfAnotherRunOrMeterAreRefused) {
  const auto with_header = [&](const PrivateDaysHeader& header) {
    auto bytes = encode(header);
    bytes.insert(bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(bytes.size()),
                 bytes_.end());
    overwrite(path_, bytes);
    return refusal(5);
  };
  EXPECT_EQ(with_header({ledger::Digest{9}, 0, 2, slots, 3}), "");
  EXPECT_NE(with_header({ledger::Digest{8}, 0, 2, slots, 3}).find("meter-00000.days: run_id"),
            std::string::npos);
  EXPECT_NE(with_header({ledger::Digest{9}, 1, 2, slots, 3}).find("meter: expected 0, found 1"),
            std::string::npos);
  EXPECT_NE(with_header({ledger::Digest{9}, 0, 3, slots, 3}).find("prosumers"), std::string::npos);
  EXPECT_NE(with_header({ledger::Digest{9}, 0, 2, slots + 1, 3}).find("slots"), std::string::npos);
}

TEST_F(PrivateDays, ThatDoNotGoOnFromTheFileSayNothing) {
  write_private_files(folder(), make_files(2));
  EXPECT_EQ(readable_days(), 2U);
  fs::remove(folder() / "meter-00000.h5");
  auto again = store();
  EXPECT_EQ(again.go_on(5).days, 0U);
  add(again, 0, 5);
  again.finish();
  expect_as_written_at_once(5);
}

TEST_F(PrivateDays, ThatTheFileHoldsAlreadySayNothingNew) {
  write_private_files(folder(), make_files(4));
  EXPECT_EQ(readable_days(), 5U);
  write_private_files(folder(), make_files(5));
  EXPECT_EQ(readable_days(), 5U);
  auto again = store();
  EXPECT_EQ(again.go_on(5).days, 5U);
  again.finish();
  expect_as_written_at_once(5);
}

TEST_F(PrivateDays, DamageOfAFileIsNamedAndNothingChanged) {
  auto damaged = contents(folder() / "meter-00001.h5");
  damaged.resize(damaged.size() / 2);
  overwrite(folder() / "meter-00001.h5", damaged);
  EXPECT_NE(refusal(5).find("meter-00001.h5"), std::string::npos);
  EXPECT_EQ(contents(path_), bytes_);
}

}  // namespace
}  // namespace gridtally::archive
