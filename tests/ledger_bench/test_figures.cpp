#include <gtest/gtest.h>

#include "ledger_bench/figures.hpp"

namespace gridtally::ledger_bench {
namespace {

std::vector<double> one_to(int last) {
  std::vector<double> values;
  for (int i = 1; i <= last; ++i) values.push_back(i);
  return values;
}

TEST(Percentile, IsTheSmallestValueThatEnoughAreNotAbove) {
  EXPECT_EQ(percentile(one_to(100), 0.5), 50.0);
  EXPECT_EQ(percentile(one_to(100), 0.99), 99.0);
  EXPECT_EQ(percentile(one_to(100), 1.0), 100.0);
  EXPECT_EQ(percentile(one_to(3), 0.5), 2.0);
  EXPECT_EQ(percentile(one_to(3), 0.99), 3.0);
  EXPECT_EQ(percentile(one_to(3), 0.0), 1.0);
}

TEST(Percentile, OfNothingIsZero) { EXPECT_EQ(percentile({}, 0.5), 0.0); }

TEST(Delays, NeedNoOrder) {
  Step step;
  set_delays(step, {5.0, 1.0, 9.0, 3.0});
  EXPECT_EQ(step.median, 3.0);
  EXPECT_EQ(step.p99, 9.0);
  EXPECT_EQ(step.max, 9.0);
}

TEST(Csv, HasTheColumnsOfTheIssueInOrder) {
  EXPECT_EQ(csv_header(),
            "validators,ranks,offered_tps,confirmed_tps,delay_median_ms,delay_p99_ms,delay_max_ms,"
            "validator_rss_mb,meter_rss_mb\n");
}

TEST(Csv, WritesAStep) {
  Step step;
  step.validators = 20;
  step.ranks = 2;
  step.offered = 150.0;
  step.confirmed = 149.96;
  step.median = 2.71828;
  step.p99 = 22.0;
  step.max = 1234.5;
  step.validator_rss = 21.04;
  step.meter_rss = 19.0;
  EXPECT_EQ(csv_line(step), "20,2,150.0,150.0,2.718,22.000,1234.500,21.0,19.0\n");
}

TEST(Step, IsSaturatedBelow95PercentOfTheOffer) {
  Step step;
  step.offered = 1000.0;
  step.confirmed = 950.0;
  EXPECT_FALSE(step.is_saturated());
  step.confirmed = 949.0;
  EXPECT_TRUE(step.is_saturated());
}

TEST(Shares, WhatIsNotMeasuredByItselfIsTheRules) {
  Usage usage;
  usage.wall = 2.0;
  usage.cpu = 1.0;
  usage.shares.transaction_signatures = 0.4;
  usage.shares.post = 0.2;
  usage.shares.records = 0.5;  // wall time: not of the processor's
  const Shares shares = per_second(usage);
  EXPECT_DOUBLE_EQ(shares.transaction_signatures, 0.2);
  EXPECT_DOUBLE_EQ(shares.post, 0.1);
  EXPECT_DOUBLE_EQ(shares.records, 0.25);
  EXPECT_DOUBLE_EQ(shares.rules, 0.2);
}

}  // namespace
}  // namespace gridtally::ledger_bench
