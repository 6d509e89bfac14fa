#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "base/test_folder.hpp"
#include "model/community_folder.hpp"
#include "scenario/citylearn_files.hpp"
#include "scenario/scenario.hpp"
#include "shared_folder.hpp"

namespace gridtally::scenario {
namespace {

using testing::shared_data;
using namespace std::chrono_literals;

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

class ImportCitylearn : public testing::PublishedData {
 protected:
  static ImportOptions week() {
    ImportOptions options;
    options.folder = shared_data() / "citylearn_2022_fontana";
    options.homes = {1, 2, 3, 8, 9, 10, 11, 13, 16, 17};
    return options;
  }
  static std::filesystem::path wind_file() {
    return shared_data() / "kelmarsh_wind_2019" / "2019_wind_kelmarsh2.csv";
  }
  static std::filesystem::path reserve_file() {
    return shared_data() / "caiso_prices_2020_dervet" / "timeseries.csv";
  }
  static std::string message_of(const ImportOptions& options) {
    try {
      import_citylearn(options);
    } catch (const InputError& error) {
      return error.what();
    }
    return {};
  }
};

TEST_F(ImportCitylearn, RowZeroIsTheFirstOfAugust2016) {
  // Line 1010 of Building_1.csv: month 9, hour 24, day type 7 is Monday 2016-09-12, 00:00.
  const auto community = import_citylearn(week());
  const auto& home = community.profiles[0];
  EXPECT_NEAR(home.inflexible[0] + home.flexible_reference[0], 2.0204334, 1e-6);
  EXPECT_NEAR(home.inflexible[13] + home.flexible_reference[13], 0.74158335, 1e-6);
  EXPECT_NEAR(home.renewable[13], 743.725 * 4.0 / 1000.0, 1e-6);
}

TEST_F(ImportCitylearn, WeekHasTheMeasuredDailyLoadAndPv) {
  const auto community = import_citylearn(week());
  double load = 0.0;
  double pv = 0.0;
  for (const auto& home : community.profiles) {
    load += sum(home.inflexible) + sum(home.flexible_reference);
    pv += sum(home.renewable);
  }
  EXPECT_NEAR(load / 70.0, 26.872944, 1e-5);
  EXPECT_NEAR(pv / 70.0, 17.919640, 1e-5);
}

TEST_F(ImportCitylearn, CleanHomesHaveTheKnownCountsOfNearZeroHours) {
  const std::pair<int, int> counts[] = {{1, 0},  {2, 23}, {3, 141}, {8, 17}, {9, 0},
                                        {10, 8}, {11, 0}, {13, 1},  {16, 0}, {17, 0}};
  for (const auto& [home, count] : counts) {
    model::Faults faults;
    const auto building =
        read_building(week().folder / ("Building_" + std::to_string(home) + ".csv"), faults);
    EXPECT_EQ(faults.count(), 0U);
    EXPECT_EQ(std::count_if(building.load.begin(), building.load.end(),
                            [](double load) { return load < 0.02; }),
              count)
        << "home " << home;
  }
}

TEST_F(ImportCitylearn, BrokenPvHasTheKnownYearlyYield) {
  auto options = week();
  options.homes = {14, 15};
  options.start = 2016y / std::chrono::August / 1;
  options.days = 365;
  options.allow_doubtful_homes = true;
  const auto community = import_citylearn(options);
  model::Faults faults;
  const auto equipment = read_equipment(options.folder / "schema.json", {14, 15}, faults);
  EXPECT_NEAR(sum(community.profiles[0].renewable) / 365.0 / equipment[0].pv_kw, 1.35, 0.005);
  EXPECT_NEAR(sum(community.profiles[1].renewable) / 365.0 / equipment[1].pv_kw, 0.08, 0.005);
}

TEST_F(ImportCitylearn, TariffIsInCentsAndDearFromFourToNine) {
  const auto tariff = import_citylearn(week()).tariff;
  for (int day = 0; day < 7; ++day) {
    for (int hour = 0; hour < 24; ++hour) {
      const double dear = day < 5 ? 54.0 : 40.0;
      EXPECT_EQ(tariff.grid_price[static_cast<std::size_t>(day * 24 + hour)],
                hour >= 16 && hour < 21 ? dear : 22.0);
    }
  }
}

TEST_F(ImportCitylearn, BatteryOfTheSchemaWithItsLossHalvedEachWay) {
  const auto prosumer = import_citylearn(week()).prosumers[5];
  EXPECT_EQ(prosumer.name, "home-10");
  EXPECT_EQ(prosumer.battery_max, 6.4);
  EXPECT_EQ(prosumer.battery_initial, 3.2);
  EXPECT_EQ(prosumer.charge_max, 5.0);
  EXPECT_NEAR(prosumer.battery_efficiency * prosumer.battery_efficiency, 0.9, 1e-15);
}

TEST_F(ImportCitylearn, WindIsAlignedByHourOfTheYear) {
  // Line 6098 of the file, index 6096 = 254 * 24: 12 September, 00:00 of a common year.
  auto options = week();
  options.wind_file = wind_file();
  options.wind_homes = {3, 10};
  options.wind_kw = 2.0;
  const auto windy = import_citylearn(options);
  const auto still = import_citylearn(week());
  EXPECT_NEAR(windy.profiles[2].renewable[0], 2.0 * 0.11853658536585365, 1e-6);
  EXPECT_NEAR(windy.profiles[5].renewable[1], 2.0 * 0.13317073170731708, 1e-6);
  EXPECT_EQ(windy.profiles[0].renewable, still.profiles[0].renewable);
}

TEST_F(ImportCitylearn, ReservePricesAreHourEndingOfTheSameDateIn2020) {
  // "9/12/2020 1:00,…,0.00499" ends slot 0; "9/12/2020 19:00,…,0.0114771" ends slot 18.
  auto options = week();
  options.reserve_prices_file = reserve_file();
  const auto tariff = import_citylearn(options).tariff;
  EXPECT_NEAR(tariff.reserve_price[0], 0.499, 1e-9);
  EXPECT_NEAR(tariff.reserve_price[18], 1.14771, 1e-9);
}

TEST_F(ImportCitylearn, CommonYearSkipsTheLeapDay) {
  // "3/1/2020 1:00,…,0.00626": 1 March is day 61 of 2020 but day 60 of 2017.
  auto options = week();
  options.start = 2017y / std::chrono::February / 28;
  options.days = 2;
  options.reserve_prices_file = reserve_file();
  EXPECT_NEAR(import_citylearn(options).tariff.reserve_price[24], 0.626, 1e-9);
}

TEST_F(ImportCitylearn, FlexibleShareKeepsTheLoadAndItsBoundsHoldTheReference) {
  const auto community = import_citylearn(week());
  double flexible = 0.0;
  double all = 0.0;
  for (const auto& home : community.profiles) {
    flexible += sum(home.flexible_reference);
    all += sum(home.flexible_reference) + sum(home.inflexible);
    for (std::size_t row = 0; row < home.renewable.size(); ++row) {
      EXPECT_EQ(home.flexible_min[row], 0.0);
      EXPECT_GE(home.flexible_max[row], home.flexible_reference[row]);
    }
  }
  EXPECT_NEAR(flexible / all, 0.2, 1e-6);
}

TEST_F(ImportCitylearn, WrittenFolderIsValid) {
  auto options = week();
  options.wind_file = wind_file();
  options.wind_homes = {3, 10};
  const TestFolder folder;
  model::write_community(import_citylearn(options), folder.path());
  EXPECT_EQ(model::read_community(folder.path()).size(), 10U);
}

TEST_F(ImportCitylearn, EveryFaultOfTheOptionsIsNamed) {
  auto options = week();
  options.homes = {1, 4, 18, 1};
  options.wind_homes = {2};
  options.days = 400;
  options.flexible_share = 1.5;
  const auto message = message_of(options);
  for (const char* part : {"home 4 has a load or PV column that is known to be wrong",
                           "home 18 does not exist", "home 1 is given twice", "wind home 2",
                           "2016-08-01 to 2017-07-31", "flexible share 1.5", "both a file and"}) {
    EXPECT_NE(message.find(part), std::string::npos) << part << " in: " << message;
  }
}

TEST_F(ImportCitylearn, EachDoubtfulHomeIsRefused) {
  for (const int home : {4, 5, 6, 7, 12, 14, 15}) {
    auto options = week();
    options.homes = {home};
    EXPECT_NE(message_of(options), "") << home;
    options.allow_doubtful_homes = true;
    EXPECT_EQ(message_of(options), "") << home;
  }
}

TEST_F(ImportCitylearn, MissingFilesAndWrongFilesAreNamed) {
  auto options = week();
  options.reserve_prices_file = wind_file();
  options.wind_file = shared_data() / "absent.csv";
  options.wind_homes = {1};
  const auto message = message_of(options);
  EXPECT_NE(message.find("absent.csv: file missing"), std::string::npos) << message;
  EXPECT_NE(message.find("2019_wind_kelmarsh2.csv:1: the header is"), std::string::npos);
  options.folder = "/nonexistent";
  EXPECT_NE(message_of(options).find("Building_17.csv: file missing"), std::string::npos);
}

}  // namespace
}  // namespace gridtally::scenario
