#include <gtest/gtest.h>

#include <algorithm>

#include "archive/private_file.hpp"
#include "archive/private_sample.hpp"
#include "archive/private_template.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/error.hpp"
#include "base/test_folder.hpp"

namespace gridtally::archive {

using std::filesystem::perms;
using testing::contents;
using testing::make_prosumer;

namespace {
PrivateFile make_file(std::size_t settled) {
  PrivateFile file;
  file.run_id = ledger::Digest{9};
  file.meter = 3;
  file.salt_key = ledger::Digest{1, 2, 3};
  file.days = 2;
  file.slots = 4;
  file.prosumers = {make_prosumer(5, 2, 4, settled), make_prosumer(6, 2, 4, settled)};
  return file;
}

const PrivateExpectation expected{ledger::Digest{9}, 3, 5, 2, 7, 4};

void expect_equal(const PrivateFile& a, const PrivateFile& b) {
  EXPECT_EQ(a.run_id, b.run_id);
  EXPECT_EQ(a.meter, b.meter);
  EXPECT_EQ(a.salt_key, b.salt_key);
  EXPECT_EQ(a.days, b.days);
  EXPECT_EQ(a.slots, b.slots);
  ASSERT_EQ(a.prosumers.size(), b.prosumers.size());
  for (std::size_t i = 0; i < a.prosumers.size(); ++i) {
    const auto& x = a.prosumers[i];
    const auto& y = b.prosumers[i];
    EXPECT_EQ(x.prosumer, y.prosumer);
    EXPECT_EQ(x.parameters.name, y.parameters.name);
    for (const auto& field : parameter_fields) {
      EXPECT_EQ(x.parameters.*field.member, y.parameters.*field.member) << field.name;
    }
    for (const auto& field : profile_fields) EXPECT_EQ(x.*field.member, y.*field.member);
    EXPECT_EQ(x.schedules, y.schedules);
  }
}
}  // namespace

TEST(PrivateFile, ReadsBackAfterEachDay) {
  const TestFolder folder;
  make_private_folder(folder / "private");
  for (const std::size_t settled : {0, 1, 2}) {
    const auto file = make_file(settled);
    write_private_file(folder / "private", file);
    expect_equal(read_private_file(folder / "private", expected), file);
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "private/meter-00003.h5.tmp"));
}

// The template of the first one's serves the others (private_template.hpp).
TEST(PrivateFile, BytesDependOnTheContentAloneAndNotOnWhoIsWrittenFirst) {
  std::vector<PrivateFile> files(3, make_file(1));
  files[1].meter = 12345;  // a longer title
  files[2].meter = 7;
  files[2].prosumers[0].schedules[0].grid[2] = 0.125;
  const TestFolder together;
  const TestFolder alone;
  write_private_files(together / "", files);
  for (const auto& file : files) write_private_file(alone / "", file);
  std::reverse(files.begin(), files.end());
  const TestFolder backwards;
  write_private_files(backwards / "", files);
  for (const auto& file : files) {
    const auto name = private_file_name(file.meter);
    EXPECT_EQ(contents(together / name), contents(alone / name));
    EXPECT_EQ(contents(together / name), contents(backwards / name));
    auto known = expected;
    known.meter = file.meter;
    expect_equal(read_private_file(together / "", known), file);
  }
}

TEST(PrivateFile, LargerThanATemplateIsWrittenByTheLibrary) {
  const TestFolder folder;
  auto file = make_file(1);
  const auto prosumers = std::size_t{600};
  file.days = 30;
  file.slots = 24;
  file.prosumers.clear();
  for (std::uint32_t u = 0; u < prosumers; ++u) {
    file.prosumers.push_back(make_prosumer(5 + u, file.days, file.slots, 1));
  }
  ASSERT_FALSE(PrivateTemplate::fits(private_extents(file, 1)));
  ASSERT_TRUE(PrivateTemplate::fits(private_extents(make_file(1), 1)));
  write_private_file(folder / "", file);
  const PrivateExpectation many{ledger::Digest{9}, 3, 5, prosumers, 30, 24};
  expect_equal(read_private_file(folder / "", many), file);
}

TEST(PrivateFile, ATemplateTakesDatasetsOfItsShapesAlone) {
  const auto file = make_file(1);
  const PrivateTemplate filled(file, private_extents(file, 1));
  EXPECT_THROW((void)filled.fill(file, {}), Error);
}

TEST(PrivateFile, IsOpenToItsOwnerOnly) {
  const TestFolder folder;
  make_private_folder(folder / "private");
  write_private_file(folder / "private", make_file(1));
  EXPECT_EQ(std::filesystem::status(folder / "private").permissions(), perms::owner_all);
  EXPECT_EQ(std::filesystem::status(folder / "private/meter-00003.h5").permissions(),
            perms::owner_read | perms::owner_write);
}

TEST(PrivateFile, FolderNamedWithASlashAtItsEndIsTheSame) {
  const TestFolder folder;
  make_private_folder(folder / "private/");
  EXPECT_EQ(std::filesystem::status(folder / "private").permissions(), perms::owner_all);
}

TEST(PrivateFile, FolderOpenToOthersIsRefused) {
  const TestFolder folder;
  std::filesystem::create_directory(folder / "open");
  std::filesystem::permissions(folder / "open", perms::owner_all | perms::group_read);
  EXPECT_THROW(make_private_folder(folder / "open"), InputError);
}

TEST(PrivateFile, WrongSizesAreRefusedBeforeWriting) {
  const TestFolder folder;
  auto file = make_file(1);
  file.prosumers[1].schedules[0].reserve.pop_back();
  EXPECT_THROW(write_private_file(folder / "", file), InputError);
  EXPECT_FALSE(std::filesystem::exists(folder / "meter-00003.h5"));
}

TEST(PrivateFile, WhatDoesNotFitTheExpectationIsRefused) {
  const TestFolder folder;
  write_private_file(folder / "", make_file(2));
  auto wrong = expected;
  wrong.run_id = ledger::Digest{8};
  EXPECT_THROW(read_private_file(folder / "", wrong), FormatError);
  wrong = expected;
  wrong.first_prosumer = 4;
  EXPECT_THROW(read_private_file(folder / "", wrong), FormatError);
  wrong = expected;
  wrong.prosumers = 3;
  EXPECT_THROW(read_private_file(folder / "", wrong), FormatError);
  wrong = expected;
  wrong.max_days = 1;
  EXPECT_THROW(read_private_file(folder / "", wrong), FormatError);
  wrong = expected;
  wrong.slots = 5;
  EXPECT_THROW(read_private_file(folder / "", wrong), FormatError);
  wrong = expected;
  wrong.meter = 4;
  EXPECT_THROW(read_private_file(folder / "", wrong), IoError);
}

TEST(PrivateFile, TruncatedFileIsRefused) {
  const TestFolder folder;
  write_private_file(folder / "", make_file(2));
  auto bytes = contents(folder / "meter-00003.h5");
  bytes.resize(bytes.size() / 2);
  testing::overwrite(folder / "meter-00003.h5", bytes);
  EXPECT_THROW(read_private_file(folder / "", expected), FormatError);
}

TEST(PrivateFile, SeveralAreWrittenTogether) {
  const TestFolder folder;
  make_private_folder(folder / "private");
  std::vector<PrivateFile> files(3, make_file(1));
  for (std::uint32_t i = 0; i < files.size(); ++i) files[i].meter = i + 3;
  files[2].prosumers[0].renewable.pop_back();
  EXPECT_THROW(write_private_files(folder / "private", files), InputError);
  EXPECT_TRUE(std::filesystem::is_empty(folder / "private"));
  files[2] = make_file(2);
  files[2].meter = 5;
  write_private_files(folder / "private", files);
  for (const auto& file : files) {
    auto known = expected;
    known.meter = file.meter;
    expect_equal(read_private_file(folder / "private", known), file);
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "private/meter-00003.h5.tmp"));
}

}  // namespace gridtally::archive
