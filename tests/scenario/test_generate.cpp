#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"
#include "model/community_folder.hpp"
#include "scenario/random.hpp"
#include "scenario/scenario.hpp"
#include "scenario/weather.hpp"

namespace gridtally::scenario {
namespace {

class Generated {
 public:
  explicit Generated(const GenerateOptions& options) {
    model::write_community(generate(options), folder_.path());
  }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] std::string text(const char* file) const { return read_text(folder_ / file); }

 private:
  TestFolder folder_;
};

constexpr const char* files[] = {"community.cfg", "prosumers.csv", "profiles.csv", "tariff.csv"};

TEST(Generate, SameSeedGivesTheSameBytes) {
  const Generated first({5, 3, 42});
  const Generated second({5, 3, 42});
  const Generated other({5, 3, 43});
  for (const char* file : files) EXPECT_EQ(first.text(file), second.text(file));
  EXPECT_NE(first.text("profiles.csv"), other.text("profiles.csv"));
}

TEST(Generate, EmbeddedWeekIsWhatItsCommandMakes) {
  const auto embedded = std::filesystem::path(GRIDTALLY_SOURCE_DIR) / "inputs" / "ten-homes-week";
  const Generated made({10, 7, 358});
  for (const char* file : files) {
    EXPECT_EQ(read_text(embedded / file), made.text(file)) << file;
  }
}

TEST(Generate, EveryValueIsAMultipleOfAMillionth) {
  for (const auto& profile : generate({10, 2, 7}).profiles) {
    for (const auto* column : {&profile.renewable, &profile.inflexible, &profile.flexible_reference,
                               &profile.flexible_max}) {
      for (const double value : *column) EXPECT_EQ(std::round(value * 1e6) / 1e6, value);
    }
  }
}

class GeneratedSize : public ::testing::TestWithParam<int> {};

TEST_P(GeneratedSize, IsAValidCommunity) {
  const Generated made({GetParam(), 2, 5});
  EXPECT_EQ(model::read_community(made.folder()).size(), static_cast<std::size_t>(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Sizes, GeneratedSize, ::testing::Values(1, 2, 10, 1000));

TEST(Generate, TheUsualScheduleIsFeasibleWithoutTrade) {
  // Flexible load at its reference, battery at rest, the whole load bought from the grid.
  const auto community = generate({200, 7, 11});
  for (std::size_t u = 0; u < community.size(); ++u) {
    const auto& profile = community.profiles[u];
    for (std::size_t row = 0; row < profile.renewable.size(); ++row) {
      const double flexible = profile.flexible_reference[row];
      EXPECT_LE(profile.inflexible[row] + flexible, community.prosumers[u].grid_max);
      EXPECT_LE(profile.flexible_min[row], flexible);
      EXPECT_GE(profile.flexible_max[row], flexible);
      EXPECT_GE(profile.renewable[row], 0.0);
    }
  }
}

TEST(Generate, TenHomesHaveTheMeasuredDailyLoadAndPvWithinFivePercent) {
  // The ten measured homes, 2016-09-12 + 7 days: 26.87 kWh of load and 17.92 kWh of PV a day.
  const auto community = generate({10, 7, 358});
  double load = 0.0;
  double pv = 0.0;
  for (std::size_t u = 0; u < 10; ++u) {
    const auto& p = community.profiles[u];
    load += std::accumulate(p.inflexible.begin(), p.inflexible.end(), 0.0) +
            std::accumulate(p.flexible_reference.begin(), p.flexible_reference.end(), 0.0);
    const bool wind_only = u == 3 || u == 7;
    if (!wind_only) pv += std::accumulate(p.renewable.begin(), p.renewable.end(), 0.0);
  }
  EXPECT_NEAR(load / 70.0, 26.87, 0.01);
  EXPECT_NEAR(pv / 70.0, 17.92, 0.05 * 17.92);
}

TEST(Generate, SomeHomesLackPvBatteryOrFlexibility) {
  const auto community = generate({10, 1, 1});
  const auto without = [&](auto member) {
    return std::count_if(community.profiles.begin(), community.profiles.end(), [&](const auto& p) {
      return *std::max_element((p.*member).begin(), (p.*member).end()) == 0;
    });
  };
  EXPECT_EQ(without(&model::Profile::flexible_max), 1);
  EXPECT_EQ(std::count_if(community.prosumers.begin(), community.prosumers.end(),
                          [](const auto& p) { return p.battery_max == 0.0; }),
            2);
}

TEST(Generate, CountsBelowOneAreRefused) {
  EXPECT_THROW(generate({0, 1, 1}), InputError);
  EXPECT_THROW(generate({1, 0, 1}), InputError);
}

TEST(Sine, AgreesWithTheLibraryToTwelveDigits) {
  for (double x = -20.0; x < 20.0; x += 0.01) {
    EXPECT_NEAR(sine(x), std::sin(x), 1e-12);
    EXPECT_NEAR(cosine(x), std::cos(x), 1e-12);
  }
}

TEST(ClearSky, DarkAtNightAndHighestAtSolarNoon) {
  EXPECT_EQ(clear_sky(256, 0.5), 0.0);
  EXPECT_EQ(clear_sky(256, 21.5), 0.0);
  EXPECT_GT(clear_sky(256, 13.1), clear_sky(256, 12.0));
  EXPECT_GT(clear_sky(256, 13.1), clear_sky(256, 14.2));
  EXPECT_GT(clear_sky(172, 18.5), clear_sky(355, 18.5));
}

TEST(Random, StreamsRepeatThemselvesAndDifferFromEachOther) {
  Random random(358, 1);
  Random same(358, 1);
  Random other(358, 2);
  const auto first = random.next();
  EXPECT_EQ(first, same.next());
  EXPECT_NE(first, other.next());
  double mean = 0.0;
  for (int i = 0; i < 10000; ++i) mean += random.bell() / 10000.0;
  EXPECT_NEAR(mean, 0.0, 0.05);
}

}  // namespace
}  // namespace gridtally::scenario
