#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "ledger/benefit.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

/// Two prosumers, two slots, π = 10, q = (5, −3): the end of a settled day made by hand.
struct Handmade {
  Genesis genesis;
  ContractState state;

  Handmade() {
    genesis.prosumers = {"buyer", "seller"};
    genesis.terms.slots = 2;
    genesis.terms.p2p_price = 10.0;
    genesis.terms.graph = market::PartnerGraph::complete(2);
    state.settled = true;
    state.prices = {2, {}, {5.0, -3.0}};
    state.trades =
        std::make_shared<const std::vector<double>>(std::vector<double>{2.0, -0.5, -2.0, 0.5});
    state.net_trades = *state.trades;
    state.answers = {{true, 40.0, 50.0, 0.0}, {true, -15.0, -20.0, 0.0}};
    state.bills = {15'000'000, -15'000'000};
  }
};

TEST(Benefits, OfAnExchangeByHand) {
  // Beyond π the buyer pays 5·2 + (−3)·(−0.5) = 11.5 at the market's own prices, the seller gets
  // it.
  const Handmade day;
  const auto benefits = ledger::benefits(day.genesis, day.state);
  ASSERT_EQ(benefits.size(), 2U);
  EXPECT_EQ(benefits[0], (Benefit{50.0, 40.0, 51.5, 2.0, 0.5}));
  EXPECT_EQ(benefits[1], (Benefit{-20.0, -15.0, -26.5, 0.5, 2.0}));
  EXPECT_FALSE(benefits[0].loses());
  EXPECT_TRUE(benefits[0].loses_at_own_prices());
  EXPECT_TRUE(benefits[1].loses());
  EXPECT_FALSE(benefits[1].loses_at_own_prices());
}

TEST(Benefits, OfADayThatDidNotSettleAreRefused) {
  Handmade day;
  day.state.settled = false;
  EXPECT_THROW(benefits(day.genesis, day.state), Error);
}

TEST(Benefits, PaymentsAtOwnPricesAddUpToZeroInARun) {
  const TinyMarket market(1);
  auto state = initial_state(market.genesis);
  while (outcome(market.genesis, state) == Outcome::running) {
    state = market.after(state, market.transactions(state));
  }
  ASSERT_TRUE(state.settled);
  double beyond = 0.0;
  for (const auto& each : benefits(market.genesis, state)) {
    beyond += each.cost_at_own_prices - each.cost;
  }
  EXPECT_NEAR(beyond, 0.0, 1e-12);
}

TEST(Losers, AreSortedByLossAndNamed) {
  Genesis genesis;
  genesis.prosumers = {"a", "b", "c", "d"};
  const std::vector<Benefit> benefits{{10.0, 11.0, 9.0, 0.0, 0.0},
                                      {10.0, 9.0, 9.0, 0.0, 0.0},
                                      {10.0, 12.5, 9.0, 0.0, 0.0},
                                      {10.0, 10.0 + 1e-6, 9.0, 0.0, 0.0}};
  EXPECT_EQ(losers(benefits), (std::vector<std::size_t>{2, 0})) << "rounding is no loss";
  EXPECT_EQ(losers_text(genesis, benefits, 5),
            "2 of 4 pay more than alone: c +2.50 ct, a +1.00 ct; at the market's own prices nobody "
            "would");
  EXPECT_EQ(losers_text(genesis, benefits, 1),
            "2 of 4 pay more than alone: c +2.50 ct and 1 more; at the market's own prices nobody "
            "would");
  EXPECT_EQ(losers_text(genesis, std::span(benefits).subspan(1, 1), 5),
            "nobody of 1 pays more than alone");
}

}  // namespace
}  // namespace gridtally::ledger
