#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"
#include "model/community_folder.hpp"
#include "model/folder_files.hpp"
#include "small_community.hpp"

namespace gridtally::model {
namespace {

using testing::SmallFolder;

TEST(ReadCommunity, TakesEveryValueOfASoundFolder) {
  const TestFolder folder;
  SmallFolder{}.write(folder.path());

  const Community community = read_community(folder.path());

  ASSERT_EQ(community.size(), 2U);
  EXPECT_EQ(community.settings.slots_per_day, 2);
  EXPECT_EQ(community.settings.days, 2);
  EXPECT_EQ(community.settings.slot_hours, 12.0);
  EXPECT_EQ(community.settings.epsilon, 1e-6);
  EXPECT_EQ(community.prosumers[0].battery_max, 5.0);
  EXPECT_EQ(community.prosumers[1].grid_max, 4.0);
  EXPECT_EQ(community.profiles[1].renewable, (std::vector<double>{0, 2, 0, 2}));
  EXPECT_EQ(community.profiles[0].flexible_max, (std::vector<double>{2, 2, 2, 2}));
  EXPECT_EQ(community.tariff.grid_price, (std::vector<double>{20, -3, 20, 50}));
  EXPECT_TRUE(community.partners.is_complete());
}

TEST(ReadCommunity, RowsMayComeInAnyOrder) {
  SmallFolder small;
  small.replace_line("profiles.csv", 2, "b,1,1,2,1,0.5,0,2");
  small.replace_line("profiles.csv", 9, "a,0,0,0,1,0.5,0,2");
  const TestFolder folder;
  small.write(folder.path());
  const Community community = read_community(folder.path());
  EXPECT_EQ(community.profiles[1].renewable, (std::vector<double>{0, 2, 0, 2}));
}

TEST(ReadCommunity, NegativeZeroBecomesZero) {
  SmallFolder small;
  small.replace_line("profiles.csv", 2, "a,0,0,-0,1,0.5,0,2");
  const TestFolder folder;
  small.write(folder.path());
  EXPECT_FALSE(std::signbit(read_community(folder.path()).profiles[0].renewable[0]));
}

TEST(ReadCommunity, OpeningBalancesMayBeGiven) {
  SmallFolder small;
  small.files["prosumers.csv"] = std::string(prosumers_header) +
                                 ",opening_balance_cents\n"
                                 "a,1,5,2,3,3,0.9,10,1,1, 12.3456789\n"
                                 "b,0,0,0,0,0,1,4,1,1,\n";
  const TestFolder folder;
  small.write(folder.path());
  const Community community = read_community(folder.path());
  EXPECT_EQ(community.prosumers[0].opening_balance, 12.345679);
  EXPECT_EQ(community.prosumers[1].opening_balance, std::nullopt);
  EXPECT_EQ(community.prosumers[0].wear_cost, 1.0);

  const auto copy = folder.path() / "copy";
  write_community(community, copy);
  EXPECT_EQ(read_community(copy).prosumers[0].opening_balance, 12.345679);
  EXPECT_EQ(read_community(copy).prosumers[1].opening_balance, std::nullopt);
}

TEST(WriteCommunity, WithoutBalancesThereIsNoColumnForThem) {
  const TestFolder folder;
  SmallFolder{}.write(folder.path());
  write_community(read_community(folder.path()), folder.path() / "copy");
  EXPECT_EQ(read_text(folder.path() / "copy" / "prosumers.csv"),
            read_text(folder.path() / "prosumers.csv"));
}

TEST(ReadCommunity, OddOpeningBalanceIsAFault) {
  for (const char* balance : {"-1", "1e10", "rich"}) {
    SmallFolder small;
    small.files["prosumers.csv"] = std::string(prosumers_header) + ",opening_balance_cents\n" +
                                   "a,1,5,2,3,3,0.9,10,1,1,\nb,0,0,0,0,0,1,4,1,1," + balance + "\n";
    const TestFolder folder;
    small.write(folder.path());
    try {
      read_community(folder.path());
      FAIL() << balance;
    } catch (const InputError& error) {
      ASSERT_EQ(error.faults().size(), 1U);
      EXPECT_NE(error.faults()[0].find(":3: prosumer b: opening_balance_cents is \"" +
                                       std::string(balance) + "\"; give a number from 0 to 1e+09"),
                std::string::npos)
          << error.faults()[0];
    }
  }
}

TEST(WriteCommunity, NumbersReadBackToTheSameBits) {
  const TestFolder folder;
  SmallFolder{}.write(folder.path());
  Community community = read_community(folder.path());
  community.prosumers[0].battery_efficiency = std::sqrt(0.9);
  community.profiles[0].renewable[1] = 1.0 / 3.0;
  community.profiles[1].inflexible[2] = 5e-324;
  community.tariff.grid_price[0] = -0.1;
  community.settings.rho = 1e-7 / 3.0;
  const market::Arc pairs[] = {{0, 1, 1.0 / 7.0}};
  community.partners = market::PartnerGraph::from_pairs(2, pairs);

  const auto copy = folder.path() / "copy";
  write_community(community, copy);
  const Community again = read_community(copy);
  const auto second = folder.path() / "second";
  write_community(again, second);

  EXPECT_EQ(again.prosumers[0].battery_efficiency, std::sqrt(0.9));
  EXPECT_EQ(again.profiles[0].renewable[1], 1.0 / 3.0);
  EXPECT_EQ(again.profiles[1].inflexible[2], 5e-324);
  EXPECT_EQ(again.settings.rho, 1e-7 / 3.0);
  ASSERT_EQ(again.partners.arcs(), 2U);
  EXPECT_EQ(again.partners.arc(0).limit, 1.0 / 7.0);
  for (const char* file :
       {"community.cfg", "prosumers.csv", "profiles.csv", "tariff.csv", "partners.csv"}) {
    EXPECT_EQ(read_text(copy / file), read_text(second / file)) << file;
  }
}

TEST(WriteCommunity, CompleteGraphLeavesNoPartnersFile) {
  const TestFolder folder;
  SmallFolder small;
  small.files["partners.csv"] = "prosumer,partner,limit_kwh\na,b,1\n";
  small.write(folder.path());
  Community community = read_community(folder.path());
  community.partners = market::PartnerGraph::complete(2);
  write_community(community, folder.path());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "partners.csv"));
}

TEST(RefuseExisting, OnlyWithoutForce) {
  const TestFolder folder;
  EXPECT_THROW(refuse_existing(folder.path(), false), InputError);
  EXPECT_NO_THROW(refuse_existing(folder.path(), true));
  EXPECT_NO_THROW(refuse_existing(folder.path() / "new", false));
}

TEST(Readme, QuotesTheHeadersAndEveryKeyOfTheFormat) {
  const auto page =
      read_text(std::filesystem::path(GRIDTALLY_SOURCE_DIR) / "src" / "model" / "README.md");
  const TestFolder folder;
  write_settings(folder.path() / "community.cfg", {});
  std::istringstream settings(read_text(folder.path() / "community.cfg"));
  for (const auto header : {prosumers_header, profiles_header, tariff_header, partners_header}) {
    EXPECT_NE(page.find(header), std::string::npos) << header;
  }
  EXPECT_NE(page.find(balance_column), std::string::npos);
  for (std::string line; std::getline(settings, line);) {
    if (line[0] == '#') continue;
    const auto key = line.substr(0, line.find(' '));
    EXPECT_NE(page.find("| " + key + " |"), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace gridtally::model
