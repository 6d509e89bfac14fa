#include <gtest/gtest.h>

#include <functional>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"
#include "model/community_folder.hpp"
#include "model/folder_files.hpp"
#include "small_community.hpp"

namespace gridtally::model {
namespace {

using testing::SmallFolder;

constexpr std::size_t first_row_of_b = 6;  // profiles.csv has four rows of each home

/// The small community without the private part of "b".
SmallFolder without_b() {
  SmallFolder small;
  small.replace_line("prosumers.csv", 3, " b ,, ,,,,,,, ");
  for (int row = 0; row < 4; ++row) small.replace_line("profiles.csv", first_row_of_b, "");
  return small;
}

/// The private part of "b" alone, as its owner keeps it.
SmallFolder only_b() {
  SmallFolder small;
  small.files.erase("community.cfg");
  small.files.erase("tariff.csv");
  small.replace_line("prosumers.csv", 2, "");
  for (int row = 0; row < 4; ++row) small.replace_line("profiles.csv", 2, "");
  return small;
}

void with_balances(SmallFolder& small, const std::vector<std::string>& rows) {
  small.files["prosumers.csv"] =
      std::string(prosumers_header) + "," + std::string(balance_column) + "\n";
  for (const auto& row : rows) small.files["prosumers.csv"] += row + "\n";
}

std::vector<std::string> faults_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const InputError& error) {
    return error.faults();
  }
  return {};
}

std::vector<std::string> faults_of(const SmallFolder& small) {
  const TestFolder folder;
  small.write(folder.path());
  return faults_of([&] { read_partial_community(folder.path()); });
}

std::vector<std::string> faults_of(const SmallFolder& small, const SmallFolder& homes) {
  const TestFolder folder;
  small.write(folder.path());
  homes.write(folder.path() / "homes");
  return faults_of([&] { read_partial_community(folder.path(), folder.path() / "homes"); });
}

void expect_one(const std::vector<std::string>& faults, const std::vector<const char*>& parts) {
  ASSERT_EQ(faults.size(), 1U) << (faults.empty() ? "no fault" : faults.back());
  for (const char* part : parts) {
    EXPECT_NE(faults[0].find(part), std::string::npos) << "\"" << part << "\" in: " << faults[0];
  }
}

TEST(ReadPartialCommunity, AHomesPrivatePartMayBeAbsent) {
  auto small = without_b();
  small.files["partners.csv"] = "prosumer,partner,limit_kwh\nb,a,1\n";
  const TestFolder folder;
  small.write(folder.path());

  const auto community = read_partial_community(folder.path());

  ASSERT_EQ(community.size(), 2U);
  EXPECT_TRUE(community.has_private(0));
  EXPECT_EQ(community.prosumers[0].battery_max, 5.0);
  EXPECT_EQ(community.profiles[0].renewable, (std::vector<double>{0, 2, 0, 2}));
  EXPECT_FALSE(community.has_private(1));
  EXPECT_EQ(community.prosumers[1].name, "b");
  EXPECT_TRUE(community.profiles[1].renewable.empty());
  EXPECT_EQ(community.partners.arcs(), 2U);
}

TEST(ReadPartialCommunity, ItsOpeningBalanceIsPublic) {
  auto small = without_b();
  with_balances(small, {"a,1,5,2,3,3,0.9,10,1,1,", "b,,,,,,,,,,7.5"});
  const TestFolder folder;
  small.write(folder.path());
  const auto community = read_partial_community(folder.path());
  EXPECT_FALSE(community.has_private(1));
  EXPECT_EQ(community.prosumers[1].opening_balance, 7.5);
}

TEST(ReadPartialCommunity, OfAWholeFolderEveryHomeIsKnown) {
  const TestFolder folder;
  SmallFolder{}.write(folder.path());
  const auto community = read_partial_community(folder.path());
  EXPECT_TRUE(community.has_private(0));
  EXPECT_TRUE(community.has_private(1));
}

TEST(ReadCommunity, NeedsAllHomesAndNamesTheFirstThatAreAbsent) {
  auto small = without_b();
  const TestFolder folder;
  small.write(folder.path());
  expect_one(faults_of([&] { read_community(folder.path()); }),
             {"prosumers.csv: no numbers of b: ", "all homes are needed"});
  for (const char* name : {"c", "d", "e", "f"}) {
    small.files["prosumers.csv"] += std::string(name) + ",,,,,,,,,\n";
  }
  small.write(folder.path());
  expect_one(faults_of([&] { read_community(folder.path()); }),
             {"no numbers of b, c, d and 2 more: "});
}

TEST(WriteCommunity, WhatIsAbsentStaysAbsent) {
  auto small = without_b();
  with_balances(small, {"a,1,5,2,3,3,0.9,10,1,1,", "b,,,,,,,,,,7.5"});
  const TestFolder folder;
  small.write(folder.path());
  write_community(read_partial_community(folder.path()), folder.path() / "copy");
  for (const char* file : {"prosumers.csv", "profiles.csv"}) {
    EXPECT_EQ(read_text(folder.path() / "copy" / file), read_text(folder.path() / file)) << file;
  }
}

TEST(ReadPartialCommunity, SomeNumbersWithoutTheOthersAreAFault) {
  auto small = without_b();
  small.replace_line("prosumers.csv", 3, "b,0,,0,0,0,1,4,,1");
  for (int row = 0; row < 4; ++row) {
    small.files["profiles.csv"] +=
        "b," + std::to_string(row / 2) + "," + std::to_string(row % 2) + ",0,1,0.5,0,2\n";
  }
  expect_one(faults_of(small), {"prosumers.csv:3: prosumer b: ",
                                "battery_max_kwh, discomfort_weight;", "all the home's numbers"});
}

TEST(ReadPartialCommunity, RowsOfAHomeWithoutNumbersAreOneFault) {
  auto small = without_b();
  small.files["profiles.csv"] += "b,0,0,0,1,0.5,0,2\nb,0,1,0,1,0.5,0,2\n";
  expect_one(faults_of(small), {"profiles.csv:6: prosumer b: ", "no numbers in prosumers.csv",
                                "or remove its rows", "not repeated"});
}

TEST(ReadPartialCommunity, NumbersOfAHomeWithoutRowsAreOneFault) {
  auto small = without_b();
  small.replace_line("prosumers.csv", 3, "b,0,0,0,0,0,1,4,1,1");
  expect_one(faults_of(small), {"profiles.csv: prosumer b: ", "numbers in prosumers.csv and no row",
                                "leave its numbers empty"});
}

TEST(ReadPartialCommunity, WhatIsThereIsChecked) {
  auto small = without_b();
  small.replace_line("profiles.csv", 2, "a,0,0,0,11,0.5,0,2");
  expect_one(faults_of(small), {":2: prosumer a, day 0, slot 0: ", "at most 10.9 kWh"});
}

TEST(Homes, AreAddedToWhatTheCommunityLacks) {
  const TestFolder folder;
  without_b().write(folder.path() / "public");
  only_b().write(folder.path() / "homes");
  SmallFolder{}.write(folder.path() / "whole");

  const auto community = read_partial_community(folder.path() / "public", folder.path() / "homes");

  EXPECT_TRUE(community.has_private(0));
  EXPECT_TRUE(community.has_private(1));
  write_community(community, folder.path() / "copy");
  write_community(read_community(folder.path() / "whole"), folder.path() / "whole-copy");
  for (const char* file : {"prosumers.csv", "profiles.csv"}) {
    EXPECT_EQ(read_text(folder.path() / "copy" / file),
              read_text(folder.path() / "whole-copy" / file))
        << file;
  }
}

TEST(Homes, AFolderThatIsNotThereHasNone) {
  const TestFolder folder;
  without_b().write(folder.path());
  const auto community = read_partial_community(folder.path(), folder.path() / "homes");
  EXPECT_FALSE(community.has_private(1));
}

TEST(Homes, AFileInPlaceOfTheFolderIsAFault) {
  const TestFolder folder;
  without_b().write(folder.path());
  try {
    read_partial_community(folder.path(), folder.path() / "profiles.csv");
    FAIL() << "no InputError";
  } catch (const InputError& error) {
    ASSERT_EQ(error.faults().size(), 1U);
    EXPECT_NE(error.faults()[0].find("profiles.csv: no folder"), std::string::npos);
  }
}

TEST(Homes, TheOpeningBalanceIsTheCommunitys) {
  auto small = without_b();
  with_balances(small, {"a,1,5,2,3,3,0.9,10,1,1,", "b,,,,,,,,,,7.5"});
  const TestFolder folder;
  small.write(folder.path());
  only_b().write(folder.path() / "homes");
  const auto community = read_partial_community(folder.path(), folder.path() / "homes");
  EXPECT_EQ(community.prosumers[1].opening_balance, 7.5);
  EXPECT_EQ(community.prosumers[1].grid_max, 4.0);
}

TEST(Homes, AnotherOpeningBalanceIsAFault) {
  auto own = only_b();
  with_balances(own, {"b,0,0,0,0,0,1,4,1,1,8"});
  expect_one(faults_of(without_b(), own),
             {"homes/prosumers.csv: prosumer b: ", "opening_balance_cents is 8 here", "empty"});
}

TEST(Homes, GivenInBothFoldersIsAFault) {
  expect_one(faults_of(SmallFolder{}, only_b()),
             {"homes/prosumers.csv: prosumer b: ", "is here and in the community folder",
              "remove it from one"});
}

TEST(Homes, OfWhomTheCommunityDoesNotListIsAFault) {
  auto own = only_b();
  own.replace_line("prosumers.csv", 2, "z,0,0,0,0,0,1,4,1,1");
  std::string rows;
  for (const char c : own.files["profiles.csv"]) rows += c == 'b' && rows.back() == '\n' ? 'z' : c;
  own.files["profiles.csv"] = rows;
  expect_one(faults_of(without_b(), own), {"homes/prosumers.csv: prosumer z: unknown prosumer"});
}

TEST(Homes, TheirOwnFaultsAreNamedInTheirFolder) {
  auto own = only_b();
  own.replace_line("profiles.csv", 3, "b,0,1,x,1,0.5,0,2");
  expect_one(faults_of(without_b(), own),
             {"homes/profiles.csv:3: prosumer b, day 0, slot 1: renewable_kwh is \"x\""});
}

TEST(Homes, AnEmptyFolderIsAFault) {
  SmallFolder nothing;
  nothing.files.clear();
  const auto faults = faults_of(without_b(), nothing);
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_NE(faults[0].find("homes/prosumers.csv: file missing"), std::string::npos) << faults[0];
  EXPECT_NE(faults[1].find("homes/profiles.csv: file missing"), std::string::npos) << faults[1];
}

}  // namespace
}  // namespace gridtally::model
