#include <gtest/gtest.h>

#include <functional>

#include "base/error.hpp"
#include "ledger/state.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

/// Runs the tiny market to its end; the state after each height, from 0.
std::vector<ContractState> run(const TinyMarket& market) {
  std::vector<ContractState> states{initial_state(market.genesis)};
  while (outcome(market.genesis, states.back()) == Outcome::running) {
    states.push_back(market.after(states.back(), market.transactions(states.back())));
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
    state = market.after(state, refusal(market, state));
    EXPECT_EQ(state.net_trades[0], 1.0);
  }
  state = market.after(state, refusal(market, state));
  EXPECT_EQ(state.net_trades, (std::vector<double>{0.0, 0.0, 0.0, 0.0}));
  while (outcome(market.genesis, state) == Outcome::running) {
    state = market.after(state, refusal(market, state));
  }
  EXPECT_EQ(outcome(market.genesis, state), Outcome::not_settled);
  EXPECT_EQ(state.turn.iteration, 25U) << "20 repairs, twice two prosumers, and one";
}

/// The tiny market's answers come to 15 cents with a bound of 13: a gap of 2/15.
constexpr double tiny_gap = 2.0 / 15.0;

TEST(Trial, AtTheIterationLimitTheCertifiedGapDecides) {
  for (const double gap : {0.2, 0.1}) {
    TinyMarket market(1);
    market.genesis.days = 1;
    market.genesis.grid_price.resize(2);
    market.genesis.reserve_price.resize(2);
    market.genesis.terms.max_iterations = 1;
    market.genesis.terms.gap = gap;
    const auto states = run(market);
    ASSERT_EQ(states.size(), 3U);
    EXPECT_FALSE(states[1].converged);
    EXPECT_TRUE(states[1].trial);
    EXPECT_EQ(states[2].turn, (Turn{2, 0, Phase::settlement, 1}));
    const bool reached = gap > tiny_gap;
    EXPECT_EQ(states[2].settled, reached);
    EXPECT_EQ(states[2].converged, reached);
    EXPECT_EQ(outcome(market.genesis, states[2]),
              reached ? Outcome::completed : Outcome::not_converged);
    EXPECT_EQ(states[2].bills.empty(), !reached);
  }
}

/// The state after the next block, in which prosumer 0 decides `theta` in trading, and refuses in
/// settlement where `refuses`.
ContractState after(const TinyMarket& market, const ContractState& state, double theta,
                    bool refuses = false) {
  std::vector<SignedTransaction> transactions;
  for (std::uint32_t m = 0; m < 2; ++m) {
    Transaction draft = market.draft(state, m);
    if (m == 0 && !draft.decisions.empty()) draft.decisions[0].numbers = {theta, -theta};
    for (auto& row : draft.acceptances) {
      row.accepted = !(refuses && m == 0);
      row.change = {refuses && m == 0 ? -0.25 : 0.0, 0.0};
    }
    transactions.push_back(sign_transaction(draft, market.meter_keys[m]));
  }
  return market.after(state, std::move(transactions));
}

class TrialInTheMiddle : public testing::Test {
 protected:
  TrialInTheMiddle() : market_(1) {
    market_.genesis.terms.max_iterations = 100;
    market_.genesis.terms.gap = 0.1;
    state_ = initial_state(market_.genesis);
    for (int k = 1; k <= 5; ++k) {
      EXPECT_FALSE(state_.trial);
      state_ = after(market_, state_, 1.0 / k);
    }
  }

  TinyMarket market_;
  ContractState state_;
};

TEST_F(TrialInTheMiddle, WhereTheGapIsMissedTradingGoesOnFromTheSameIterate) {
  ASSERT_TRUE(state_.trial);
  const market::Iterate before = state_.iterate;
  state_ = after(market_, state_, 0.0);
  EXPECT_EQ(state_.turn, (Turn{6, 0, Phase::settlement, 1}));
  EXPECT_FALSE(state_.settled);
  EXPECT_EQ(state_.iterate, before);
  EXPECT_EQ(outcome(market_.genesis, state_), Outcome::running);
  EXPECT_NE(state_root(market_.genesis, state_), Digest{});
  state_ = after(market_, state_, 1.0 / 6);
  EXPECT_EQ(state_.turn, (Turn{7, 0, Phase::trading, 6}));
  EXPECT_EQ(state_.trades, nullptr);
  EXPECT_EQ(state_.iterate.iteration, 6);
}

TEST_F(TrialInTheMiddle, TheNextTrialWaitsUntilTheResidualHasHalved) {
  const double tried = state_.iterate.residual;
  ASSERT_EQ(state_.tried, 5);
  double swing = 1.0 / 5;
  state_ = after(market_, state_, 0.0);
  for (int k = 6; k <= 30; ++k) {  // four fifths of the step 1/4 − 1/5 at the last trial
    swing += k % 2 == 0 ? -0.04 : 0.04;
    state_ = after(market_, state_, swing);
    ASSERT_GT(state_.iterate.residual, 0.5 * tried);
    ASSERT_FALSE(state_.trial) << k;
  }
  state_ = after(market_, state_, swing + 1e-3);
  ASSERT_LT(state_.iterate.residual, 0.5 * tried);
  EXPECT_TRUE(state_.trial);
  state_ = after(market_, state_, 0.0);
  EXPECT_EQ(state_.turn.iteration, 2U) << "rounds count through the day";
}

TEST_F(TrialInTheMiddle, RefusalsAreRepairedAFewTimesThenTradingGoesOn) {
  for (std::uint32_t round = 1; round <= trial_rounds; ++round) {
    ASSERT_TRUE(state_.trial);
    const double net = state_.net_trades[0];
    state_ = after(market_, state_, 0.0, true);
    EXPECT_EQ(state_.turn, (Turn{5 + round, 0, Phase::settlement, round}));
    if (round < trial_rounds) {
      EXPECT_EQ(state_.net_trades[0], net - 0.25);
    }
  }
  EXPECT_FALSE(state_.trial);
  EXPECT_EQ(next_turn(market_.genesis, state_).phase, Phase::trading);
}

TEST_F(TrialInTheMiddle, TheDayEndsWhereTheGapIsReached) {
  market_.genesis.terms.gap = 0.2;
  state_ = after(market_, state_, 0.0);
  EXPECT_TRUE(state_.settled);
  EXPECT_TRUE(state_.converged);
  EXPECT_EQ(next_turn(market_.genesis, state_).day, 1U);
  state_ = after(market_, state_, 1.0);
  EXPECT_EQ(state_.rounds, 0U);
  EXPECT_EQ(state_.tried, 0);
}

TEST(ContractState, RootCoversWhatTheContractRemembers) {
  TinyMarket market(1);
  market.genesis.terms.memory = 4;
  ContractState state = initial_state(market.genesis);
  for (int k = 1; k <= 3; ++k) state = after(market, state, 1.0 / k);
  const Digest root = state_root(market.genesis, state);
  ASSERT_NE(state.iterate.acceleration.step, nullptr);
  const std::vector<std::function<void(ContractState&)>> changes{
      [](ContractState& s) { s.iterate.rho *= 2.0; },
      [](ContractState& s) { s.iterate.acceleration.changed += 1; },
      [](ContractState& s) { s.iterate.acceleration.square += 1.0; },
      [](ContractState& s) {
        auto step = *s.iterate.acceleration.step;
        step.back() += 1.0;
        s.iterate.acceleration.step = std::make_shared<const market::Coordinates>(step);
      },
      [](ContractState& s) {
        auto point = *s.iterate.acceleration.point;
        point.front() += 1.0;
        s.iterate.acceleration.point = std::make_shared<const market::Coordinates>(point);
      },
      [](ContractState& s) { s.trial = true; },
      [](ContractState& s) { s.tried = 3; },
  };
  for (const auto& change : changes) {
    ContractState other = state;
    change(other);
    EXPECT_NE(state_root(market.genesis, other), root);
  }
}

}  // namespace
}  // namespace gridtally::ledger
