#include <gtest/gtest.h>

#include "base/error.hpp"
#include "ledger/state.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

/// Runs the tiny market to its end; the state after each height, from 0.
std::vector<ContractState> run(const TinyMarket& market) {
  std::vector<ContractState> states{initial_state(market.genesis)};
  while (outcome(market.genesis, states.back()) == Outcome::running) {
    const auto transactions = market.transactions(states.back());
    states.push_back(apply(market.genesis, states.back(), transactions));
  }
  return states;
}

TEST(ContractState, TurnsOfTheTinyMarket) {
  const TinyMarket market(1);
  const auto states = run(market);
  const std::vector<Turn> expected{
      {1, 0, Phase::trading, 1},    {2, 0, Phase::trading, 2}, {3, 0, Phase::settlement, 1},
      {4, 1, Phase::trading, 1},    {5, 1, Phase::trading, 2}, {6, 1, Phase::settlement, 1},
      {7, 1, Phase::settlement, 2},
  };
  ASSERT_EQ(states.size(), expected.size() + 1);
  for (std::size_t h = 1; h < states.size(); ++h) EXPECT_EQ(states[h].turn, expected[h - 1]) << h;
  EXPECT_EQ(outcome(market.genesis, states.back()), Outcome::completed);
  EXPECT_THROW(next_turn(market.genesis, states.back()), Error);
}

TEST(ContractState, TradesAndBillsByHand) {
  const auto states = run(TinyMarket(1));
  EXPECT_TRUE(states[2].converged);
  EXPECT_EQ(*states[2].trades, (std::vector<double>{1.0, -0.5, -1.0, 0.5}));
  EXPECT_EQ(states[3].bills, (std::vector<std::int64_t>{5'000'000, -5'000'000}));
  EXPECT_FALSE(states[6].settled);
  EXPECT_EQ(states[6].net_trades, (std::vector<double>{0.75, -0.5, -0.75, 0.5}));
  EXPECT_EQ(states[7].bills, (std::vector<std::int64_t>{2'500'000, -2'500'000}));
  const DayTotals totals = day_totals(states[7]);
  EXPECT_EQ(totals.cost, 15.0);
  EXPECT_EQ(totals.cost_alone, 18.0);
  EXPECT_EQ(totals.bound, 13.0);
}

TEST(ContractState, EachDayStartsFresh) {
  const TinyMarket market(1);
  const auto states = run(market);
  EXPECT_EQ(next_iterate(market.genesis, states[3]), market::initial_iterate(market.genesis.terms));
  EXPECT_EQ(states[4].iterate, states[1].iterate);
  EXPECT_TRUE(states[4].bills.empty());
  EXPECT_EQ(states[4].trades, nullptr);
}

TEST(ContractState, RootsAreTheSameHoweverMetersAreSplitAndDifferEachBlock) {
  const TinyMarket one(1, 1);
  const TinyMarket two(1, 2);
  const auto states = run(one);
  auto other = run(two);
  ASSERT_EQ(states.size(), other.size());
  for (std::size_t h = 0; h < states.size(); ++h) {
    other[h].run_id = states[h].run_id;
    EXPECT_EQ(state_root(one.genesis, states[h]), state_root(two.genesis, other[h])) << h;
    if (h > 0) {
      EXPECT_NE(state_root(one.genesis, states[h]), state_root(one.genesis, states[h - 1]));
    }
  }
}

TEST(ContractState, RootCoversBillsTradesAndIterate) {
  const TinyMarket market(1);
  const auto states = run(market);
  ContractState traded = states[1];
  const Digest trading_root = state_root(market.genesis, traded);
  traded.iterate.second[0] = 2.0;
  EXPECT_NE(state_root(market.genesis, traded), trading_root);
  ContractState settled = states[3];
  const Digest settled_root = state_root(market.genesis, settled);
  settled.bills[1] += 1;
  EXPECT_NE(state_root(market.genesis, settled), settled_root);
}

TEST(ContractState, EndsAtTheIterationLimit) {
  TinyMarket market(1);
  market.genesis.terms.max_iterations = 1;
  const auto states = run(market);
  EXPECT_EQ(states.size(), 2U);
  EXPECT_EQ(outcome(market.genesis, states.back()), Outcome::not_converged);
}

/// Answers of a settlement round in which prosumer 0 refuses without saying what it needs.
std::vector<SignedTransaction> refusal(const TinyMarket& market, const ContractState& state) {
  std::vector<SignedTransaction> out;
  for (std::uint32_t m = 0; m < 2; ++m) {
    Transaction draft = market.draft(state, m);
    draft.acceptances[0].accepted = m == 1;
    draft.acceptances[0].change = {0.0, 0.0};
    out.push_back(sign_transaction(draft, market.meter_keys[m]));
  }
  return out;
}

TEST(ContractState, CancelsTradesAfterTheRepairRoundsAndEndsWhenStillRefused) {
  const TinyMarket market(1);
  ContractState state = run(market)[2];
  for (std::uint32_t round = 1; round <= repair_rounds; ++round) {
    state = apply(market.genesis, state, refusal(market, state));
    EXPECT_EQ(state.net_trades[0], 1.0);
  }
  state = apply(market.genesis, state, refusal(market, state));
  EXPECT_EQ(state.net_trades, (std::vector<double>{0.0, 0.0, 0.0, 0.0}));
  while (outcome(market.genesis, state) == Outcome::running) {
    state = apply(market.genesis, state, refusal(market, state));
  }
  EXPECT_EQ(outcome(market.genesis, state), Outcome::not_settled);
  EXPECT_EQ(state.turn.iteration, repair_rounds + 3);
}

}  // namespace
}  // namespace gridtally::ledger
