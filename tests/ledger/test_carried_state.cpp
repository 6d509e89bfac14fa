// Days settled again without their iterations, against what execution gives.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "ledger/benefit.hpp"
#include "ledger/carried_state.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

struct History {
  Genesis genesis;
  std::vector<Block> blocks;
  std::vector<ContractState> states;  ///< after each block, by execution
  std::vector<ThinnedDay> days;
};

using MakeDraft = std::function<Draft(const TinyMarket&, const ContractState&)>;

Draft everyone(const TinyMarket& market, const ContractState& state) {
  return {0, 0, market.transactions(state), {}};
}

History make_run(const TinyMarket& market, const MakeDraft& draft = everyone) {
  History run{market.genesis, {}, {}, {}};
  ContractState state = initial_state(run.genesis);
  Tip tip(state.run_id);
  while (outcome(run.genesis, state) == Outcome::running) {
    run.blocks.push_back(market.commit(state, tip, draft(market, state)).block);
    run.states.push_back(state);
    if (!state.settled) continue;
    const auto iterations = static_cast<std::uint32_t>(state.iterate.iteration);
    run.days.push_back({iterations, carried_state(run.genesis, state)});
  }
  EXPECT_EQ(outcome(run.genesis, state), Outcome::completed);
  return run;
}

void expect_same(const Genesis& genesis, const ContractState& expected,
                 const ContractState& found) {
  EXPECT_EQ(state_root(genesis, found), state_root(genesis, expected));
  EXPECT_EQ(state_leaf(genesis, found, 0), state_leaf(genesis, expected, 0));
  EXPECT_EQ(*found.trades, *expected.trades);
  EXPECT_EQ(found.net_trades, expected.net_trades);
  EXPECT_EQ(found.answers, expected.answers);
  EXPECT_EQ(found.bills, expected.bills);
  EXPECT_EQ(found.balances, expected.balances);
  EXPECT_EQ(payments(found), payments(expected));
  EXPECT_EQ(unfunded(found), unfunded(expected));
  EXPECT_EQ(found.congestion_rent, expected.congestion_rent);
  EXPECT_EQ(found.trading_heights, expected.trading_heights);
  EXPECT_EQ(found.decided, expected.decided);
  EXPECT_EQ(carried_state(genesis, found), carried_state(genesis, expected));
  if (expected.settled) {
    EXPECT_EQ(benefits(genesis, found), benefits(genesis, expected));
  }
}

/// Days of `thinned` are followed, the others executed; all settled states must be execution's.
void expect_settled_again(const History& run, const std::function<bool(std::uint32_t)>& thinned) {
  const Genesis& genesis = run.genesis;
  Replay replay(genesis);
  for (std::size_t i = 0; i < run.blocks.size(); ++i) {
    const std::uint32_t day = run.blocks[i].header.turn.day;
    const auto bad = replay.check(run.blocks[i], thinned(day) ? &run.days.at(day) : nullptr);
    ASSERT_FALSE(bad) << describe(*bad);
    const ContractState& expected = run.states[i];
    EXPECT_EQ(replay.state().membership, expected.membership) << i;
    if (!thinned(day)) {
      EXPECT_TRUE(replay.executed());
    }
    if (replay.executed() && expected.turn.phase == Phase::settlement) {
      expect_same(genesis, expected, replay.state());
    }
    if (expected.settled) {
      EXPECT_TRUE(replay.executed()) << "a settlement is always executed";
    }
  }
}

void expect_settled_again(const History& run) {
  expect_settled_again(run, [](std::uint32_t) { return true; });
  expect_settled_again(run, [](std::uint32_t day) { return day == 0; });
  expect_settled_again(run, [](std::uint32_t day) { return day == 1; });
}

/// The fault of replaying `run` with every day thinned.
std::string fault_of(const History& run) {
  Replay replay(run.genesis);
  for (const Block& block : run.blocks) {
    if (auto bad = replay.check(block, &run.days.at(block.header.turn.day))) {
      return std::to_string(bad->height) + ": " + bad->what;
    }
  }
  return "";
}

TinyMarket pairwise_market() {
  TinyMarket market(4);
  market.genesis.terms.form = market::Form::pairwise;
  const std::vector<market::Arc> pairs{{0, 1, 0.9}};
  market.genesis.terms.graph = market::PartnerGraph::from_pairs(2, pairs);
  market.genesis.terms.max_iterations = 60;
  return market;
}

/// What prosumer 1 wants comes nearer by half each iteration to what prosumer 0 wants of it.
Draft pairwise_draft(const TinyMarket& market, const ContractState& state) {
  Draft draft;
  for (std::uint32_t m = 0; m < 2; ++m) {
    Transaction content = market.draft(state, m);
    const double apart = std::pow(0.5, content.turn.iteration);
    for (auto& row : content.decisions) {
      row.numbers =
          m == 0 ? std::vector<double>{0.8, -0.5} : std::vector<double>{-0.8 * (1.0 - apart), 0.5};
    }
    draft.transactions.push_back(sign_transaction(content, market.meter_keys[m]));
  }
  return draft;
}

TEST(CarriedState, CollapsedDaysSettleAgain) { expect_settled_again(make_run(TinyMarket(4))); }

TEST(CarriedState, PairwiseDaysWithLimitsSettleAgain) {
  const History run = make_run(pairwise_market(), pairwise_draft);
  EXPECT_GT(run.days[0].iterations, 5U);
  expect_settled_again(run);
}

/// Days end with the trial after five iterations: costs of 15 cents, a bound of 13.
TEST(CarriedState, WhatFuncARemembersIsCarriedOver) {
  TinyMarket market(1);
  market.genesis.terms.memory = 4;
  market.genesis.terms.max_iterations = 8;
  market.genesis.terms.gap = 0.2;
  const History run = make_run(market, [](const TinyMarket& all, const ContractState& state) {
    Draft draft;
    for (std::uint32_t m = 0; m < 2; ++m) {
      Transaction content = all.draft(state, m);
      const double swing = 1.0 / content.turn.iteration;
      if (m == 0 && !content.decisions.empty()) content.decisions[0].numbers[0] = swing;
      draft.transactions.push_back(sign_transaction(content, all.meter_keys[m]));
    }
    return draft;
  });
  EXPECT_EQ(run.days.at(0).iterations, 5U);
  EXPECT_NE(run.states[4].iterate.acceleration.point, nullptr);
  const std::size_t part = 2 * 2;
  EXPECT_EQ(run.days[0].carried.iterate.size(), part * carried_parts(run.genesis, true));
  expect_settled_again(run);
}

TEST(CarriedState, WhoCannotPayIsFoundAgain) {
  TinyMarket market(4);
  market.genesis.opening_balances = {7'499'999, 0};
  const History run = make_run(market);
  EXPECT_EQ(unfunded(run.states.back()), (std::vector<std::uint32_t>{0}));
  expect_settled_again(run);
  market.genesis.opening_balances = {4'999'999, 0};
  const History other = make_run(market);
  EXPECT_EQ(unfunded(other.states[3]), (std::vector<std::uint32_t>{0}));
  EXPECT_TRUE(unfunded(other.states[5]).empty()) << "a new day forgets";
  expect_settled_again(other);
}

TEST(CarriedState, MembershipIsFollowedThroughEveryBlock) {
  TinyMarket market(3);
  market.genesis.vote_epoch = 5;
  market.validator_keys.push_back(test_key(9));
  const PublicKey joining = market.validator_keys.back().public_key();
  const History run = make_run(market, [&](const TinyMarket& all, const ContractState& state) {
    Draft draft = everyone(all, state);
    const std::uint32_t voter = static_cast<std::uint32_t>(state.turn.height);
    if (voter < 3) draft.ballots = {all.ballot(voter, joining, true)};
    return draft;
  });
  EXPECT_EQ(run.states.back().membership.active().size(), 4U);
  expect_settled_again(run);
}

TEST(CarriedState, LateMetersAreFollowed) {
  TinyMarket market(4);
  market.genesis.staleness = 2;
  market.genesis.terms.max_iterations = 30;
  const History run = make_run(market, [](const TinyMarket& all, const ContractState& state) {
    Draft draft = everyone(all, state);
    const Turn turn = next_turn(all.genesis, state);
    if (turn.phase == Phase::trading && turn.iteration == 2) draft.transactions.pop_back();
    return draft;
  });
  expect_settled_again(run);
}

TEST(CarriedState, TrialsThatMissTheirGapAreFollowed) {
  TinyMarket market(1);
  market.genesis.terms.max_iterations = 100;
  market.genesis.terms.gap = 0.1;
  const History run = make_run(market, [](const TinyMarket& all, const ContractState& state) {
    Draft draft;
    for (std::uint32_t m = 0; m < 2; ++m) {
      Transaction content = all.draft(state, m);
      const double k = content.turn.iteration;
      if (m == 0 && !content.decisions.empty()) content.decisions[0].numbers = {1.0 / k, -1.0 / k};
      for (auto& row : content.acceptances) {
        row.accepted = m == 1 || content.turn.iteration > 2;
        row.change = {row.accepted ? 0.0 : -0.25, 0.0};
        if (state.iterate.iteration > 5) row.bound = 7.0 + m;  // the second trial reaches its gap
      }
      draft.transactions.push_back(sign_transaction(content, all.meter_keys[m]));
    }
    return draft;
  });
  EXPECT_GT(run.days[0].iterations, 5U);
  EXPECT_EQ(run.states[5].turn.phase, Phase::settlement) << "a trial after five iterations";
  expect_settled_again(run);
}

TEST(CarriedState, AnyOtherNumberShowsInAStateRoot) {
  const History run = make_run(TinyMarket(4));
  for (std::size_t i = 0; i < run.days[0].carried.iterate.size(); ++i) {
    History bad = run;
    bad.days[0].carried.iterate[i] += 1e-12;
    EXPECT_EQ(fault_of(bad), "2: state root") << i;
  }
  for (std::size_t at = 0; at < run.days[0].carried.globals.size(); ++at) {
    History bad = run;
    bad.days[0].carried.globals[at] ^= 1;
    const auto fault = fault_of(bad);
    EXPECT_TRUE(fault == "2: state root" || fault == "2: state carried over" ||
                fault == "3: state carried over")
        << at << ": " << fault;
  }
}

TEST(CarriedState, PremiumIsUnderNoRoot) {
  History run = make_run(TinyMarket(4));
  run.days[0].carried.premium[0] += 1.0;
  EXPECT_EQ(fault_of(run), "");
}

TEST(CarriedState, AnotherDaysIsRefused) {
  const History run = make_run(TinyMarket(4));
  History bad = run;
  bad.days[0].carried = run.days[1].carried;
  EXPECT_EQ(fault_of(bad), "2: state carried over");
  bad = run;
  bad.days[0].carried.iterate.pop_back();
  EXPECT_EQ(fault_of(bad), "2: state carried over");
  bad = run;
  bad.days[0].carried.premium.clear();
  EXPECT_EQ(fault_of(bad), "2: state carried over");
}

TEST(CarriedState, AWrongNumberOfIterationsIsFound) {
  History run = make_run(TinyMarket(4));
  run.days[0].iterations = 1;
  EXPECT_EQ(fault_of(run), "1: state carried over") << "nothing settles after the first";
  run.days[0].iterations = 3;
  EXPECT_EQ(fault_of(run), "3: settlement before the day's last iteration");
}

TEST(CarriedState, HeadersMustFitWhatIsFollowed) {
  const History run = make_run(TinyMarket(4));
  const auto fault_with = [&](const std::function<void(Header&)>& change) {
    History bad = run;
    change(bad.blocks[1].header);
    return fault_of(bad);
  };
  EXPECT_EQ(fault_with([](Header& header) { header.parent = Digest{1}; }), "2: parent");
  EXPECT_EQ(fault_with([](Header& header) { header.proposer ^= 1; }), "2: proposer");
  EXPECT_EQ(fault_with([](Header& header) { header.turn.iteration = 3; }), "2: iteration");
  EXPECT_EQ(fault_with([](Header& header) { header.converged = false; }), "2: state carried over");
}

}  // namespace
}  // namespace gridtally::ledger
