#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "market/contract.hpp"
#include "market/random_market.hpp"

namespace gridtally::market {
namespace {

Terms terms_of(std::size_t slots, const PartnerGraph& graph, double price = 10.0) {
  Terms terms;
  terms.slots = slots;
  terms.p2p_price = price;
  terms.graph = graph;
  return terms;
}

std::vector<double> random_trades(const Terms& terms, Numbers& number, double reach) {
  std::vector<double> trades(terms.graph.arcs() * terms.slots);
  for (std::size_t i = 0; i < trades.size(); ++i) {
    const Arc arc = terms.graph.arc(i / terms.slots);
    const std::size_t j = terms.graph.mirror(i / terms.slots) * terms.slots + i % terms.slots;
    if (arc.from > arc.to) continue;
    trades[i] = std::clamp(number(-reach, reach), -arc.limit, arc.limit);
    trades[j] = -trades[i];
  }
  return trades;
}

void expect_mirrors_and_limits(const Terms& terms, const std::vector<double>& trades) {
  for (std::size_t i = 0; i < trades.size(); ++i) {
    const std::size_t arc = i / terms.slots;
    EXPECT_EQ(trades[terms.graph.mirror(arc) * terms.slots + i % terms.slots], -trades[i]);
    EXPECT_LE(std::abs(trades[i]), terms.graph.arc(arc).limit);
  }
}

TEST(Settle, TwoProsumersByHand) {
  // 0 buys 1 kWh, then sells ½ kWh, buys ¼ kWh: ¾ kWh at 10 cents are 7.5 cents.
  const Terms terms = terms_of(3, PartnerGraph::complete(2));
  const std::vector<double> trades{1.0, -0.5, 0.25, -1.0, 0.5, -0.25};
  EXPECT_EQ(settle(terms, trades), (std::vector<std::int64_t>{7500000, -7500000}));
}

TEST(Settle, HalvesRoundAwayFromZeroAndStillCancel) {
  const Terms terms = terms_of(1, PartnerGraph::complete(2), 0.5e-6);
  EXPECT_EQ(settle(terms, std::vector<double>{1.0, -1.0}), (std::vector<std::int64_t>{1, -1}));
  EXPECT_EQ(settle(terms, std::vector<double>{-1.0, 1.0}), (std::vector<std::int64_t>{-1, 1}));
}

TEST(Settle, BillsSumToZeroExactly) {
  Numbers number(1);
  for (int round = 0; round < 50; ++round) {
    const auto graph = round % 2 == 0 ? PartnerGraph::complete(9) : sparse_graph(14);
    const Terms terms = terms_of(24, graph, number(0.0, 40.0));
    const auto bills = settle(terms, random_trades(terms, number, 1e3));
    EXPECT_EQ(std::accumulate(bills.begin(), bills.end(), std::int64_t{0}), 0);
    EXPECT_NE(bills[0], 0);
  }
}

TEST(NetTrades, SumToZeroOverTheCommunity) {
  Numbers number(2);
  const Terms terms = terms_of(6, sparse_graph(12));
  const auto net = net_trades(terms, random_trades(terms, number, 5.0));
  for (std::size_t t = 0; t < 6; ++t) {
    double sum = 0.0;
    for (std::size_t u = 0; u < 12; ++u) sum += net[u * 6 + t];
    EXPECT_NEAR(sum, 0.0, 1e-13);
  }
}

TEST(RepairTrades, MovesNetTradeThroughTheRuledPair) {
  // One slot, complete graph of 3: arcs 01 02 10 12 20 21. Prosumer 0 buys 2 from 1, sells 3 to 2.
  const Terms terms = terms_of(1, PartnerGraph::complete(3));
  struct Case {
    std::vector<double> change;
    std::vector<double> after;  // p_01, p_02, p_12
    const char* what;
  };
  const std::vector<Case> cases{
      {{1.0, 0, 0}, {2.0, -2.0, 0.0}, "more: sells less"},
      {{-1.0, 0, 0}, {1.0, -3.0, 0.0}, "less: buys less"},
      {{5.0, 0, 0}, {2.0, 0.0, 0.0}, "a sale is lowered to zero at most"},
      {{-5.0, 0, 0}, {0.0, -3.0, 0.0}, "a purchase is lowered to zero at most"},
      {{0, 0, 1.0}, {2.0, -4.0, 0.0}, "a pure buyer buys more"},
      {{0, -1.0, 0}, {3.0, -3.0, 0.0}, "a pure seller sells more"},
      {{0, 0, 0}, {2.0, -3.0, 0.0}, "nothing wanted"},
  };
  for (const auto& [change, after, what] : cases) {
    std::vector<double> trades{2.0, -3.0, -2.0, 0.0, 3.0, 0.0};
    repair_trades(terms, change, trades);
    expect_mirrors_and_limits(terms, trades);
    EXPECT_EQ(trades[0], after[0]) << what;
    EXPECT_EQ(trades[1], after[1]) << what;
    EXPECT_EQ(trades[3], after[2]) << what;
  }
}

TEST(RepairTrades, MoreIsTakenOnlyUpToTheLimit) {
  const std::vector<Arc> pairs{{0, 1, 2.5}};
  const Terms terms = terms_of(1, PartnerGraph::from_pairs(2, pairs));
  std::vector<double> trades{2.0, -2.0};
  repair_trades(terms, std::vector<double>{4.0, 0.0}, trades);
  EXPECT_EQ(trades, (std::vector<double>{2.5, -2.5}));
  repair_trades(terms, std::vector<double>{0.0, -4.0}, trades);
  EXPECT_EQ(trades, (std::vector<double>{2.5, -2.5}));
}

TEST(RepairTrades, SmallChangesMoveTheNetTradeOfThatSlotAlone) {
  Numbers number(3);
  std::vector<Arc> pairs;
  for (std::uint32_t u = 0; u < 6; ++u) pairs.push_back({u, (u + 1) % 6, u < 3 ? 4.0 : 9.0});
  const Terms terms = terms_of(4, PartnerGraph::from_pairs(6, pairs));
  for (int round = 0; round < 50; ++round) {
    auto trades = random_trades(terms, number, 3.0);
    const auto before = net_trades(terms, trades);
    std::vector<double> change(24, 0.0);
    const auto u = static_cast<std::size_t>(number(0.0, 6.0));
    const auto t = static_cast<std::size_t>(number(0.0, 4.0));
    // Small enough for one pair to carry: below the largest trade in the opposite direction, or
    // below what a limit leaves.
    change[u * 4 + t] = number(-1e-3, 1e-3);
    repair_trades(terms, change, trades);
    expect_mirrors_and_limits(terms, trades);
    const auto after = net_trades(terms, trades);
    EXPECT_NEAR(after[u * 4 + t], before[u * 4 + t] + change[u * 4 + t], 1e-14);
    for (std::size_t i = 0; i < 24; ++i) {
      if (i % 4 != t) {
        EXPECT_EQ(after[i], before[i]);
      }
    }
  }
}

TEST(Settle, BillsAddUpToZeroWhateverWasTraded) {
  Terms terms = terms_of(1, PartnerGraph::complete(3));
  terms.p2p_price = 10.0;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double odd : {1e300, -1e300, 1e12, nan, std::numeric_limits<double>::infinity()}) {
    // Arcs 01, 02, 10, 12, 20, 21.
    const auto bills = settle(terms, std::vector<double>{odd, odd, -odd, 1.0, -odd, -1.0});
    EXPECT_EQ(bills[0] + bills[1] + bills[2], 0) << odd;
    EXPECT_EQ(bills[1] + bills[0] / 2, 10'000'000) << odd;
  }
}

TEST(CancelTrades, RemovesAProsumerAndLeavesTheRest) {
  Numbers number(4);
  const Terms terms = terms_of(3, sparse_graph(7));
  const auto before = random_trades(terms, number, 2.0);
  auto trades = before;
  cancel_trades(terms, 3, trades);
  for (std::size_t i = 0; i < trades.size(); ++i) {
    const Arc arc = terms.graph.arc(i / 3);
    EXPECT_EQ(trades[i], arc.from == 3 || arc.to == 3 ? 0.0 : before[i]);
  }
  expect_mirrors_and_limits(terms, trades);
}

}  // namespace
}  // namespace gridtally::market
