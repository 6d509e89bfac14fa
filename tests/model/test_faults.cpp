#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/test_folder.hpp"
#include "model/community_folder.hpp"
#include "model/faults.hpp"
#include "small_community.hpp"

namespace gridtally::model {
namespace {

using testing::SmallFolder;

std::vector<std::string> faults_of(const SmallFolder& small) {
  const TestFolder folder;
  small.write(folder.path());
  try {
    read_community(folder.path());
  } catch (const InputError& error) {
    return error.faults();
  }
  return {};
}

/// One spoiled line, and what the one message must hold.
struct Fault {
  friend void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }
  const char* name;
  const char* file;
  std::size_t line;
  const char* text;  // replaces the line; empty: the line is removed
  std::vector<const char*> message;
};

class SpoiledFolder : public ::testing::TestWithParam<Fault> {};

TEST_P(SpoiledFolder, GivesOneMessageWithPlaceValueAndRemedy) {
  const Fault& fault = GetParam();
  SmallFolder small;
  if (!small.files.contains(fault.file)) {
    small.files[fault.file] = "prosumer,partner,limit_kwh\nspoiled\na,b,2\n";
  }
  small.replace_line(fault.file, fault.line, fault.text);

  const auto faults = faults_of(small);

  ASSERT_EQ(faults.size(), 1U) << (faults.empty() ? "no fault" : faults.back());
  EXPECT_NE(faults[0].find(fault.file), std::string::npos) << faults[0];
  for (const char* part : fault.message) {
    EXPECT_NE(faults[0].find(part), std::string::npos) << "\"" << part << "\" in: " << faults[0];
  }
}

const Fault fault_table[] = {
    {"NotANumber",
     "profiles.csv",
     3,
     "a,0,1,2,x1,0.5,0,2",
     {":3: prosumer a, day 0, slot 1: ", "inflexible_kwh is \"x1\"", "give a number from 0"}},
    {"NanValue",
     "profiles.csv",
     6,
     "b,0,0,nan,1,0.5,0,2",
     {":6: prosumer b, day 0, slot 0: ", "renewable_kwh is \"nan\""}},
    {"Infinite", "profiles.csv", 6, "b,0,0,inf,1,0.5,0,2", {":6: ", "\"inf\"", "1e+06"}},
    {"Negative",
     "profiles.csv",
     8,
     "b,1,0,-0.1,1,0.5,0,2",
     {":8: prosumer b, day 1, slot 0: ", "renewable_kwh is \"-0.1\""}},
    {"TooLarge", "profiles.csv", 8, "b,1,0,1e7,1,0.5,0,2", {":8: ", "\"1e7\"", "to 1e+06"}},
    {"RowMissing",
     "profiles.csv",
     5,
     "",
     {":4: prosumer a, day 1, slot 1: ", "row is missing", "give one row"}},
    {"DayMissingFirstRow", "profiles.csv", 2, "", {":1: prosumer a, day 0, slot 0: ", "missing"}},
    {"WrongHeader", "prosumers.csv", 1, "prosumer,grid", {":1: ", "the header is", "wear_cost"}},
    {"UnknownProsumer",
     "profiles.csv",
     9,
     "b,1,1,2,1,0.5,0,2\nz,0,0,0,1,0.5,0,2",
     {":10: prosumer z: ", "unknown prosumer", "prosumers.csv"}},
    {"FieldCount",
     "profiles.csv",
     9,
     "b,1,1,2,1,0.5,0,2\nb,1,1,2",
     {":10: ", "4 fields", "the 8 fields"}},
    {"DayOutOfRange",
     "tariff.csv",
     5,
     "1,1,50,0.5\n2,1,50,0.5",
     {":6: ", "day is \"2\"", "from 0 to 1"}},
    {"SlotOutOfRange",
     "profiles.csv",
     9,
     "b,1,1,2,1,0.5,0,2\nb,1,2,2,1,0.5,0,2",
     {":10: prosumer b: ", "slot is \"2\"", "from 0 to 1"}},
    {"RowDoubled",
     "profiles.csv",
     9,
     "b,1,1,2,1,0.5,0,2\nb,1,0,2,1,0.5,0,2",
     {":10: prosumer b, day 1, slot 0: ", "doubled", "line 8"}},
    {"BoundsReversed",
     "profiles.csv",
     4,
     "a,1,0,0,1,0.5,3,2",
     {":4: prosumer a, day 1, slot 0: ", "reversed", "flexible_min_kwh 3 > flexible_max_kwh 2"}},
    {"EnergyAboveBounds",
     "profiles.csv",
     4,
     "a,1,0,0,1,4,0,2",
     {":4: prosumer a, day 1, slot 0: ", "4.5 kWh", "0 kWh to 4 kWh", "change the reference"}},
    {"EnergyBelowBounds",
     "profiles.csv",
     4,
     "a,1,0,0,1,0.5,1.5,2",
     {":4: prosumer a, day 1, slot 0: ", "is 1 kWh", "1.5 kWh to 4 kWh"}},
    {"LoadTooHigh",
     "profiles.csv",
     6,
     "b,0,0,0,5,0,0,2",
     {":6: prosumer b, day 0, slot 0: ", "is 5 kWh", "at most 4 kWh", "raise grid_max_kwh"}},
    {"LoadTooHighForTheBattery",
     "profiles.csv",
     2,
     "a,0,0,0,11,0.5,0,2",
     {":2: prosumer a, day 0, slot 0: ", "is 11 kWh", "at most 10.9 kWh",
      "its level of 2 kWh less battery_min_kwh 1 kWh"}},
    {"FlexibleDoesNotFit",
     "profiles.csv",
     6,
     "b,0,0,0,4,2,0,2",
     {":6: prosumer b, day 0, slot 0: ", "is 2.5 kWh", "can serve 2 kWh"}},
    {"LastLevelUnreachable",
     "profiles.csv",
     5,
     "a,1,1,0,13,0.5,0,2",
     {":5: prosumer a, day 1, slot 1: ", "ends the day at", "unreachable"}},
    {"InitialOutsideBattery",
     "prosumers.csv",
     2,
     "a,1,5,6,3,3,0.9,10,1,1",
     {":2: prosumer a: ", "battery_initial_kwh 6", "from 1 to 5"}},
    {"BatteryReversed",
     "prosumers.csv",
     2,
     "a,5,1,2,3,3,0.9,10,1,1",
     {":2: prosumer a: ", "reversed", "min <= max"}},
    {"NoCapacityButPower",
     "prosumers.csv",
     3,
     "b,0,0,0,1,0,1,4,1,1",
     {":3: prosumer b: ", "without capacity", "give 0 and 0"}},
    {"EfficiencyZero",
     "prosumers.csv",
     2,
     "a,1,5,2,3,3,0,10,1,1",
     {":2: prosumer a: ", "battery_efficiency is \"0\"", "above 0 up to 1"}},
    {"EfficiencyAboveOne",
     "prosumers.csv",
     2,
     "a,1,5,2,3,3,1.1,10,1,1",
     {":2: prosumer a: ", "\"1.1\""}},
    {"ProsumerDoubled",
     "prosumers.csv",
     3,
     "b,0,0,0,0,0,1,4,1,1\na,0,0,0,0,0,1,4,1,1",
     {":4: prosumer a: ", "given twice", "line 2"}},
    {"TariffMissing", "tariff.csv", 3, "", {":2: day 0, slot 1: ", "missing"}},
    {"TariffDoubled",
     "tariff.csv",
     5,
     "1,1,50,0.5\n1,0,50,0.5",
     {":6: day 1, slot 0: ", "doubled", "line 4"}},
    {"ReserveNegative",
     "tariff.csv",
     4,
     "1,0,20,-1",
     {":4: day 1, slot 0: ", "reserve_price is \"-1\"", "from 0"}},
    {"SlotsZero",
     "community.cfg",
     1,
     "slots_per_day = 0",
     {":1: ", "slots_per_day is \"0\"", "1 to 288"}},
    {"SlotsMany", "community.cfg", 1, "slots_per_day = 289", {":1: ", "\"289\""}},
    {"KeyMissing", "community.cfg", 4, "", {"peak_price", "missing"}},
    {"KeyUnknown",
     "community.cfg",
     2,
     "slot_hours = 12\nslothours = 1",
     {":3: ", "unknown key \"slothours\""}},
    {"KeyDoubled", "community.cfg", 2, "slot_hours = 12\nslot_hours = 1", {"given twice"}},
    {"RhoNegative", "community.cfg", 5, "p2p_price = 15\nrho = -1", {":6: ", "rho is \"-1\""}},
    {"EpsilonZero",
     "community.cfg",
     5,
     "p2p_price = 15\nepsilon = 0",
     {":6: ", "epsilon is \"0\"", "above 0"}},
    {"PartnerUnknown", "partners.csv", 2, "a,z,1", {":2: prosumer a: ", "\"z\" is unknown"}},
    {"PartnerSelf", "partners.csv", 2, "a,a,1", {":2: prosumer a: ", "its own partner"}},
    {"PartnerLimitsDiffer",
     "partners.csv",
     2,
     "b,a,1",
     {":3: prosumer a: ", "limit 2 kWh here and 1 kWh on line 2", "same limit"}},
    {"PartnerLimitNegative",
     "partners.csv",
     2,
     "b,a,-1",
     {":2: prosumer b: ", "limit_kwh is \"-1\""}},
};

INSTANTIATE_TEST_SUITE_P(Faults, SpoiledFolder, ::testing::ValuesIn(fault_table),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(ReadCommunity, ReportsEveryFaultAndNotJustTheFirst) {
  SmallFolder small;
  small.replace_line("community.cfg", 4, "peak_price = -5");
  small.replace_line("prosumers.csv", 2, "a,1,5,2,3,3,0,10,1,1");
  small.replace_line("profiles.csv", 7, "b,0,1,2,?,0.5,0,2");
  small.replace_line("tariff.csv", 2, "0,0,20");
  const auto faults = faults_of(small);
  ASSERT_EQ(faults.size(), 5U);  // the short tariff row is also a missing one
  EXPECT_NE(faults[0].find("peak_price"), std::string::npos);
  EXPECT_NE(faults[1].find("battery_efficiency"), std::string::npos);
  EXPECT_NE(faults[2].find("3 fields; give the 4 fields"), std::string::npos);
  EXPECT_NE(faults[4].find("prosumer b, day 0, slot 1"), std::string::npos);
}

TEST(ReadCommunity, MissingFilesAreNamed) {
  SmallFolder small;
  small.files.erase("profiles.csv");
  small.files.erase("tariff.csv");
  const auto faults = faults_of(small);
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_NE(faults[0].find("tariff.csv: file missing"), std::string::npos);
  EXPECT_NE(faults[1].find("profiles.csv: file missing"), std::string::npos);
  EXPECT_THROW(read_community("/nonexistent/community"), InputError);
}

TEST(ReadCommunity, WholeDayMissingIsOneFault) {
  SmallFolder small;
  small.replace_line("profiles.csv", 5, "");
  small.replace_line("profiles.csv", 4, "");
  const auto faults = faults_of(small);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults[0].find("prosumer a, day 1, slot 0"), std::string::npos);
}

TEST(ReadCommunity, UnknownAndDoubledRowsAreNamedBesideWhatTheyDisplace) {
  SmallFolder small;
  small.replace_line("profiles.csv", 2, "z,0,0,0,1,0.5,0,2");
  small.replace_line("profiles.csv", 9, "b,1,0,2,1,0.5,0,2");
  const auto faults = faults_of(small);
  ASSERT_EQ(faults.size(), 4U);
  EXPECT_NE(faults[0].find(":2: prosumer z: unknown prosumer"), std::string::npos);
  EXPECT_NE(faults[1].find(":9: prosumer b, day 1, slot 0: the row is doubled"), std::string::npos);
  EXPECT_NE(faults[1].find("first on line 8"), std::string::npos);
}

TEST(Faults, AboveFiftyTheRestIsCounted) {
  Faults faults;
  for (std::size_t i = 1; i <= 73; ++i) faults.add({"f.csv", i}, "wrong");
  try {
    faults.raise_if_any();
    FAIL() << "no InputError";
  } catch (const InputError& error) {
    ASSERT_EQ(error.faults().size(), 51U);
    EXPECT_EQ(error.faults()[49], "f.csv:50: wrong");
    EXPECT_NE(error.faults()[50].find("23 more faults"), std::string::npos);
  }
}

}  // namespace
}  // namespace gridtally::model
