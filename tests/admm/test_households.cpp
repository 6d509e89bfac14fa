#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "admm/households.hpp"
#include "admm/small_homes.hpp"
#include "base/error.hpp"
#include "market/contract.hpp"

namespace gridtally::admm {
namespace {

market::Terms contract(market::Form form, const PublicTerms& terms, market::PartnerGraph graph) {
  market::Terms out;
  out.form = form;
  out.slots = terms.slots;
  out.rho = terms.rho;
  out.p2p_price = terms.p2p_price;
  out.graph = std::move(graph);
  return out;
}

market::ClearingPrices no_premium(std::size_t slots) {
  return {slots, {}, std::vector<double>(slots, 0.0)};
}

/// One turn of Algorithm 1: the primal step of every household, then Func A. Returns the step's
/// node prices.
std::vector<double> turn(Households& homes, const market::Terms& terms, market::Iterate& iterate) {
  homes.solve(market::offers(terms, iterate), iterate.rho);
  std::vector<double> decisions(terms.decision_rows() * terms.slots);
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const std::size_t t = i % terms.slots;
    if (terms.form == market::Form::collapsed) {
      decisions[i] = homes.theta(i / terms.slots, t);
    } else {
      decisions[i] = iterate.second[i] + iterate.first[i] / iterate.rho +
                     homes.theta(terms.graph.arc(i / terms.slots).from, t);
    }
  }
  auto prices = market::node_prices(terms, iterate, decisions);
  market::dual_update(terms, decisions, iterate);
  return prices;
}

TEST(Households, SellerAndBuyerFindTheKnownOptimum) {
  // Seller: sun 2, then ½ kWh, no load, no grid. Buyer: 1 kWh of load in both slots, no sun.
  // Slot 0: the sun serves the load and is left over, worth nothing: p = 0, q = 0 − π = −10.
  // Slot 1: the sun serves half, the grid the other ½ kWh at 30: p = 30, q = 20.
  // Optimum of the community: ½ · 30 = 15 cents. The buyer pays 10·1.5 to the seller and 15 to the
  // grid; alone it would pay 60, the seller nothing.
  const PublicTerms known = plain_terms(2, 1, 20.0);
  Household seller = plain_home(0, 1, {2.0, 0.5}, {0.0, 0.0});
  seller.prosumer.grid_max = 0.0;
  Households homes({seller, plain_home(1, 1, {0.0, 0.0}, {1.0, 1.0})}, known);
  const auto terms = contract(market::Form::collapsed, known, market::PartnerGraph::complete(2));
  auto iterate = market::initial_iterate(terms);
  std::vector<double> now;
  std::vector<double> before;
  while (!market::converged(terms, iterate) && iterate.iteration < 2000) {
    before = std::exchange(now, turn(homes, terms, iterate));
  }
  ASSERT_TRUE(market::converged(terms, iterate));
  const auto net = market::net_trades(terms, market::all_trades(terms, iterate));
  const auto prices = market::clearing_prices(terms, iterate, now, before);
  const std::vector<double> expected{-1.0, -0.5, 1.0, 0.5};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(net[i], expected[i], 1e-5) << i;
  EXPECT_NEAR(prices.premium[0], -10.0, 1e-3);
  EXPECT_NEAR(prices.premium[1], 20.0, 1e-3);

  const auto answers = homes.settle(expected, prices);
  EXPECT_TRUE(answers[0].accepted);
  EXPECT_TRUE(answers[1].accepted);
  EXPECT_NEAR(answers[0].cost, -15.0, 1e-6);
  EXPECT_NEAR(answers[1].cost, 30.0, 1e-6);
  EXPECT_NEAR(answers[0].cost_alone, 0.0, 1e-9);
  EXPECT_NEAR(answers[1].cost_alone, 60.0, 1e-6);
  const double bound = answers[0].bound + answers[1].bound;
  EXPECT_LE(bound, 15.0 + 1e-9);
  EXPECT_NEAR(bound, 15.0, 1e-2);
  const auto bills = market::settle(terms, std::vector<double>{-1.0, -0.5, 1.0, 0.5});
  EXPECT_EQ(bills, (std::vector<std::int64_t>{-15000000, 15000000}));
}

TEST(Households, ProsumerWithoutPartnersKeepsNoTrade) {
  const PublicTerms known = plain_terms(2, 1, 20.0);
  Households homes(
      {plain_home(0, 1, {2.0, 0.5}, {0.0, 0.0}), plain_home(1, 0, {3.0, 0.0}, {1.0, 2.0}),
       plain_home(2, 1, {0.0, 0.0}, {1.0, 1.0})},
      known);
  const std::vector<market::Arc> pairs{{0, 2}};
  const auto terms =
      contract(market::Form::collapsed, known, market::PartnerGraph::from_pairs(3, pairs));
  auto iterate = market::initial_iterate(terms);
  for (int k = 0; k < 50; ++k) {
    turn(homes, terms, iterate);
    for (std::size_t t = 0; t < 2; ++t) {
      ASSERT_EQ(homes.iterate(1).net_trade[t], 0.0);
      ASSERT_EQ(homes.theta(1, t), 0.0);
    }
  }
  EXPECT_NEAR(homes.iterate(1).renewable[0], 1.0, 1e-6);
  EXPECT_NEAR(homes.iterate(1).grid[1], 2.0, 1e-6);
  const auto net = market::net_trades(terms, market::all_trades(terms, iterate));
  EXPECT_EQ(net[2], 0.0);
  EXPECT_EQ(net[3], 0.0);
  EXPECT_GT(net[4], 0.5);
}

TEST(Households, BothFormsOfTheContractGiveTheSameIterates) {
  constexpr std::size_t slots = 24;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    Numbers number(seed);
    const PublicTerms known = random_terms(slots, 1, 40.0, number);
    std::vector<Household> four;
    for (std::uint32_t u = 0; u < 4; ++u) four.push_back(random_home(u, 3, slots, number));
    Households a(four, known);
    Households b(four, known);
    const auto graph = market::PartnerGraph::complete(4);
    const auto collapsed = contract(market::Form::collapsed, known, graph);
    const auto pairwise = contract(market::Form::pairwise, known, graph);
    auto first = market::initial_iterate(collapsed);
    auto second = market::initial_iterate(pairwise);
    for (int k = 1; k <= 60; ++k) {
      turn(a, collapsed, first);
      turn(b, pairwise, second);
      const auto p = market::all_trades(collapsed, first);
      const auto q = market::all_trades(pairwise, second);
      for (std::size_t i = 0; i < p.size(); ++i) {
        ASSERT_NEAR(p[i], q[i], 1e-7) << "seed " << seed << ", iteration " << k;
      }
      for (std::size_t i = 0; i < 4 * slots; ++i) {
        ASSERT_NEAR(a.iterate(i / slots).net_trade[i % slots],
                    b.iterate(i / slots).net_trade[i % slots], 1e-7);
      }
      ASSERT_GE(first.residual, second.residual - 1e-6) << "a bound on the complete graph";
    }
  }
}

TEST(Households, ThetaIsTheShareOfTheMove) {
  // θ = (s − A)/n (model.md 3 a).
  constexpr std::size_t slots = 6;
  Numbers number(4);
  const PublicTerms known = random_terms(slots, 1, 25.0, number);
  Households homes({random_home(0, 5, slots, number)}, known);
  std::vector<double> offers(slots);
  for (auto& value : offers) value = number(-2.0, 2.0);
  homes.solve(offers);
  for (std::size_t t = 0; t < slots; ++t) {
    EXPECT_NEAR(homes.theta(0, t), (homes.iterate(0).net_trade[t] - offers[t]) / 5.0, 1e-12);
  }
}

TEST(Households, TheirOwnNetTradeIsAccepted) {
  constexpr std::size_t slots = 24;
  for (unsigned seed = 1; seed <= 10; ++seed) {
    Numbers number(100 + seed);
    const PublicTerms known = random_terms(slots, 1, 40.0, number);
    std::vector<Household> three;
    for (std::uint32_t u = 0; u < 3; ++u) three.push_back(random_home(u, 2, slots, number));
    Households homes(three, known);
    std::vector<double> offers(3 * slots);
    for (auto& value : offers) value = number(-2.0, 2.0);
    homes.solve(offers);
    std::vector<double> net;
    for (std::size_t u = 0; u < 3; ++u) {
      const auto& row = homes.iterate(u).net_trade;
      net.insert(net.end(), row.begin(), row.end());
    }
    const auto answers = homes.settle(net, no_premium(slots));
    for (std::size_t u = 0; u < 3; ++u) {
      EXPECT_TRUE(answers[u].accepted) << "seed " << seed << ", home " << u;
      EXPECT_EQ(answers[u].change, std::vector<double>(slots, 0.0));
      EXPECT_LE(answers[u].bound, answers[u].cost + 1e-9);
      EXPECT_LE(answers[u].bound, answers[u].cost_alone + 1e-9);
    }
  }
}

TEST(Households, CostAloneIsTheCostWithoutTrade) {
  constexpr std::size_t slots = 24;
  Numbers number(7);
  const PublicTerms known = random_terms(slots, 1, 40.0, number);
  Households homes({random_home(0, 1, slots, number)}, known);
  const std::vector<double> nothing(slots, 0.0);
  const std::vector<double> something(slots, 0.1);
  const auto alone = homes.settle(nothing, no_premium(nothing.size())).front();
  const auto trading = homes.settle(something, no_premium(slots)).front();
  EXPECT_EQ(alone.cost, alone.cost_alone);
  EXPECT_EQ(trading.cost_alone, alone.cost_alone);
  EXPECT_NE(trading.cost, alone.cost);
}

TEST(Households, TheNextDayStartsWhereTheAdoptedScheduleEnded) {
  // Sun 3 kWh in slot 0 of each day, no load. Reserve is paid 5 cents/kWh and wear costs 0.1: the
  // battery fills from 1 to its 3 kWh on day 0, and stays there on day 1.
  PublicTerms known = plain_terms(2, 2, 20.0);
  known.reserve_price.assign(4, 5.0);
  Household home = plain_home(0, 1, {3.0, 0.0, 3.0, 0.0}, std::vector<double>(4, 0.0));
  home.prosumer.battery_max = 3.0;
  home.prosumer.battery_initial = 1.0;
  home.prosumer.charge_max = home.prosumer.discharge_max = 5.0;
  home.prosumer.wear_cost = 0.1;
  const std::vector<double> nothing(2, 0.0);

  Households homes({home}, known);
  EXPECT_EQ(homes.battery_start(0), 1.0);
  const auto first = homes.settle(nothing, no_premium(nothing.size())).front();
  EXPECT_NEAR(homes.schedule(0).stored[1], 3.0, 1e-6);
  EXPECT_NEAR(first.cost, 0.1 * 2.0 - 5.0 * 6.0, 1e-5);
  homes.start_day(1);
  EXPECT_EQ(homes.battery_start(0), 1.0) << "a schedule that was not adopted does not happen";
  homes.start_day(0);
  const auto again = homes.settle(nothing, no_premium(nothing.size())).front();
  EXPECT_EQ(again.cost, first.cost);
  const double level = homes.schedule(0).stored[1];
  homes.adopt_schedules();
  EXPECT_EQ(homes.battery_start(0), 1.0) << "the day goes on from its own start";
  homes.start_day(1);
  EXPECT_EQ(homes.battery_start(0), level);
  const auto second = homes.settle(nothing, no_premium(nothing.size())).front();
  EXPECT_NEAR(second.cost, -5.0 * 6.0, 1e-5);
  EXPECT_NEAR(second.cost_alone, second.cost, 0.0);
}

TEST(Households, EachDayUsesItsOwnPricesAndProfiles) {
  PublicTerms known = plain_terms(2, 2, 20.0);
  known.grid_price = {30.0, 30.0, 7.0, 9.0};
  Households homes({plain_home(0, 1, {0.0, 0.0, 0.0, 0.5}, {1.0, 2.0, 3.0, 4.0})}, known);
  const std::vector<double> nothing(2, 0.0);
  EXPECT_NEAR(homes.settle(nothing, no_premium(nothing.size())).front().cost, 30.0 * 3.0, 1e-6);
  homes.start_day(1);
  EXPECT_NEAR(homes.settle(nothing, no_premium(nothing.size())).front().cost, 7.0 * 3.0 + 9.0 * 3.5,
              1e-6);
}

TEST(Households, WhatTheyCannotServeIsAskedBack) {
  // Grid at most 10 kWh, no load: a sale of 12 in slot 1 lacks 2; 4 bought in slot 0 are too many.
  const PublicTerms known = plain_terms(2, 1, 20.0);
  Households homes({plain_home(0, 1, {0.0, 0.0}, {0.0, 0.0})}, known);
  const auto answer = homes.settle(std::vector<double>{4.0, -12.0}, no_premium(2)).front();
  EXPECT_FALSE(answer.accepted);
  EXPECT_NEAR(answer.change[0], -4.0, 1e-8);
  EXPECT_NEAR(answer.change[1], 2.0, 1e-8);
}

TEST(Households, OneServedByTheirIndexInTheCommunity) {
  // The meter of prosumer 2 alone reads row 2 of the community's offers.
  const PublicTerms known = plain_terms(1, 1, 20.0);
  Households homes({plain_home(2, 2, {0.0}, {1.0})}, known);
  homes.solve(std::vector<double>{5.0, 6.0, -1.0});
  EXPECT_NEAR(homes.theta(0, 0), (homes.iterate(0).net_trade[0] + 1.0) / 2.0, 1e-12);
}

}  // namespace
}  // namespace gridtally::admm
