// 10 transactions a second, measured from 1 s to 3 s: transactions 10 to 29 of 30.
#include <gtest/gtest.h>

#include "ledger_bench/open_loop.hpp"

namespace gridtally::ledger_bench {
namespace {

OpenLoop loop(std::uint32_t meters) { return {10.0, {1.0, 2.0}, meters}; }

TEST(OpenLoop, SendsWhenDueAndNotBefore) {
  OpenLoop sender = loop(5);
  EXPECT_EQ(sender.next(0.0), 0U);
  EXPECT_EQ(sender.next(0.05), std::nullopt);
  EXPECT_EQ(sender.next_due(), 0.1);
  EXPECT_EQ(sender.next(0.1), 1U);
}

TEST(OpenLoop, NobodyHasTwoUnderWay) {
  OpenLoop sender = loop(2);
  EXPECT_EQ(sender.next(5.0), 0U);
  EXPECT_EQ(sender.next(5.0), 1U);
  EXPECT_EQ(sender.next(5.0), std::nullopt);
  sender.confirm(1, 5.0);
  EXPECT_EQ(sender.next(5.0), 1U);
}

TEST(OpenLoop, WhoHasWaitedLongestIsNext) {
  OpenLoop sender = loop(3);
  EXPECT_EQ(sender.next(5.0), 0U);
  sender.confirm(0, 5.0);
  EXPECT_EQ(sender.next(5.0), 1U);
  EXPECT_EQ(sender.next(5.0), 2U);
  EXPECT_EQ(sender.next(5.0), 0U);
}

// Sent late because no meter was free: what it waited before counts.
TEST(OpenLoop, DelayCountsFromWhenItWasDue) {
  OpenLoop sender = loop(1);
  for (double now = 2.0; sender.next(now).has_value(); now += 0.5) sender.confirm(0, now + 0.5);
  const auto delays = sender.delays(100.0);
  ASSERT_EQ(delays.size(), 20U);
  // The 11th is due at 1 s and the 11th to be sent: at 7 s, confirmed at 7.5 s.
  EXPECT_NEAR(delays[0], 6500.0, 1e-6);
}

TEST(OpenLoop, WarmUpIsNotMeasured) {
  OpenLoop sender = loop(40);
  for (double now = 0.0; now < 3.5; now += 0.01) {
    if (const auto meter = sender.next(now)) sender.confirm(*meter, now + 0.001);
  }
  EXPECT_EQ(sender.delays(4.0).size(), 20U);
  EXPECT_NEAR(sender.confirmed_rate(), 10.0, 0.51);
  EXPECT_TRUE(sender.done());
  EXPECT_EQ(sender.unconfirmed(), 0U);
}

TEST(OpenLoop, WhatWasNeverConfirmedCountsWithItsAge) {
  OpenLoop sender = loop(2);
  while (sender.next(3.0)) {
  }
  EXPECT_FALSE(sender.done());
  EXPECT_EQ(sender.unconfirmed(), 30U);
  const auto delays = sender.delays(4.0);
  EXPECT_EQ(delays.size(), 20U);
  for (const double delay : delays) EXPECT_GE(delay, 1000.0);
  EXPECT_EQ(sender.confirmed_rate(), 0.0);
}

TEST(OpenLoop, AConfirmationOfNothingIsNothing) {
  OpenLoop sender = loop(2);
  sender.confirm(1, 1.5);
  EXPECT_EQ(sender.confirmed_rate(), 0.0);
  EXPECT_EQ(sender.next(0.0), 0U);
}

}  // namespace
}  // namespace gridtally::ledger_bench
