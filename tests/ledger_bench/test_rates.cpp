#include <gtest/gtest.h>

#include <algorithm>

#include "ledger_bench/rates.hpp"
#include "ledger_bench/summary.hpp"

namespace gridtally::ledger_bench {
namespace {

// A ledger that confirms everything up to its capacity.
Step offer(double rate, double capacity) {
  Step step;
  step.validators = 5;
  step.ranks = 5;
  step.offered = rate;
  step.confirmed = std::min(rate, capacity);
  step.p99 = rate > capacity ? 500.0 : 20.0;
  return step;
}

std::vector<double> rates_asked(RateSearch& search, double capacity) {
  std::vector<double> rates;
  while (const auto rate = search.next()) {
    rates.push_back(*rate);
    search.take(offer(*rate, capacity));
    if (rates.size() > 100) break;
  }
  return rates;
}

TEST(RateSearch, MeasuresThePapersRateTheListAndHalfOfSaturation) {
  RateSearch search({500.0, 2000.0, 4000.0});
  EXPECT_EQ(rates_asked(search, 3000.0), (std::vector<double>{150, 500, 2000, 4000, 1500}));
  EXPECT_EQ(search.saturation(), 3000.0);
}

TEST(RateSearch, MeasuresNoRateTwice) {
  RateSearch search({150.0, 500.0, 1000.0});
  EXPECT_EQ(rates_asked(search, 5000.0), (std::vector<double>{150, 500, 1000}));
}

TEST(RateSearch, DoublesUntilSaturationAndNarrowsDown) {
  RateSearch search({});
  const auto rates = rates_asked(search, 5000.0);
  const std::vector<double> doubled{150, 300, 600, 1200, 2400, 4800, 9600};
  ASSERT_GE(rates.size(), doubled.size());
  EXPECT_TRUE(std::equal(doubled.begin(), doubled.end(), rates.begin()));
  EXPECT_NEAR(search.saturation(), 5000.0, 1.0);
  EXPECT_EQ(rates.back(), 2500.0);
  EXPECT_LE(rates.size(), 13U);
}

TEST(RateSearch, LooksBelowThePapersRateWhereThatIsTooMuch) {
  RateSearch search({});
  EXPECT_EQ(rates_asked(search, 100.0), (std::vector<double>{150, 50, 100, 125, 113}));
}

TEST(RateSearch, EndsWhereNothingIsConfirmed) {
  RateSearch search({});
  EXPECT_EQ(rates_asked(search, 0.0), std::vector<double>{150});
}

TEST(RateSearch, GivesUpWhereNothingSaturates) {
  RateSearch search({});
  const auto rates = rates_asked(search, 1e12);
  EXPECT_LE(rates.size(), 20U);
}

// Saturation that rises by chance at the last step must not ask for another half, and another.
TEST(RateSearch, EndsWhenSaturationRisesAtTheLastStep) {
  RateSearch search({1000.0});
  search.take(offer(150.0, 1e6));
  search.take(offer(1000.0, 400.0));
  ASSERT_EQ(search.next(), 200.0);
  Step lucky = offer(200.0, 1e6);
  lucky.confirmed = 900.0;
  search.take(lucky);
  EXPECT_EQ(search.next(), std::nullopt);
}

TEST(RateSearch, NearestStepIsByOfferedRate) {
  RateSearch search({500.0, 900.0});
  rates_asked(search, 5000.0);
  EXPECT_EQ(search.nearest(610.0).offered, 500.0);
  EXPECT_EQ(search.nearest(1e9).offered, 900.0);
}

TEST(Summary, SaysWhichBarsAreMetAndWhichMissed) {
  RateSearch search({1000.0, 6000.0});
  rates_asked(search, 4000.0);
  const auto text = summary(search);
  EXPECT_NE(text.find("saturation 4000 transactions/s (bar 5000: MISSED)"), std::string::npos)
      << text;
  EXPECT_NE(
      text.find(
          "at 150 transactions/s: delay median 0.0, p99 20.0, max 0.0 ms (p99 bar 76.6: met)"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("at 2000 transactions/s"), std::string::npos) << text;
}

}  // namespace
}  // namespace gridtally::ledger_bench
