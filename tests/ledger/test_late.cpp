// Meters that miss a deadline: what of theirs Func A uses, and what a block may hold.
#include <gtest/gtest.h>

#include <random>

#include "base/error.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

/// Two meters, decisions at most two iterations old.
class LateTest : public testing::Test {
 protected:
  LateTest() : market_(4) {
    market_.genesis.staleness = 2;
    market_.genesis.terms.max_iterations = 30;
    begin();
  }

  void begin() {
    states_ = {initial_state(market_.genesis)};
    tip_ = Tip(states_[0].run_id);
  }
  const ContractState& state() const { return states_.back(); }

  /// What `meter` decided for iteration k of day 0, which came at height k: (x, −x).
  SignedTransaction decision(std::uint32_t meter, std::uint32_t k, double x) const {
    Transaction draft = market_.draft(states_.at(k - 1), meter);
    draft.decisions[0].numbers = {x, -x};
    return sign_transaction(draft, market_.meter_keys[meter]);
  }

  /// Name of the rule that a block with these transactions breaks, its execution apart.
  std::string fault_with(std::vector<SignedTransaction> transactions) {
    Block block;
    Header& header = block.header;
    header.run_id = state().run_id;
    header.turn = next_turn(market_.genesis, state());
    header.proposer = state().membership.proposer(header.turn.height, 0);
    header.parent = tip_.head;
    header.history = tip_.history.root();
    block.transactions = std::move(transactions);
    header.transactions_root = transactions_root(block);
    block.proposer_signature =
        market_.validator_keys[header.proposer].sign(proposal_bytes(block_hash(header)));
    auto fault = check_form(market_.genesis, state().run_id, state().membership, block, verifier_);
    if (!fault) fault = check_place(market_.genesis, tip_, state(), block);
    return fault ? fault->what : "";
  }

  /// Commits a good block with these transactions.
  void advance(std::vector<SignedTransaction> transactions) {
    ContractState made = state();
    Tip tip = tip_;
    const auto committed = market_.commit(made, tip, Draft{0, 0, std::move(transactions), {}});
    ContractState next = state();
    const auto fault = check_block(market_.genesis, committed, tip_, next, verifier_);
    ASSERT_FALSE(fault) << describe(*fault);
    states_.push_back(std::move(next));
  }

  TinyMarket market_;
  std::vector<ContractState> states_;  ///< after each height
  Tip tip_{Digest{}};
  Verifier verifier_;
};

TEST_F(LateTest, FirstIterationOfADayNeedsEveryone) {
  EXPECT_EQ(fault_with({decision(0, 1, 1.0)}), "iteration of the latest decision, at least");
  EXPECT_EQ(fault_with({}), "iteration of the latest decision, at least");
  EXPECT_EQ(fault_with({decision(0, 1, 1.0), decision(1, 1, 2.0)}), "");
}

TEST_F(LateTest, WhoSaysNothingCountsUntilItsDecisionIsTooOld) {
  advance({decision(0, 1, 1.0), decision(1, 1, 2.0)});
  advance({decision(0, 2, 1.0)});
  EXPECT_EQ(state().decided, (std::vector<std::uint32_t>{2, 1}));
  advance({decision(0, 3, 1.0)});
  EXPECT_EQ(fault_with({decision(0, 4, 1.0)}), "iteration of the latest decision, at least");
  EXPECT_EQ(fault_with({}), "iteration of the latest decision, at least");
  EXPECT_EQ(fault_with({decision(0, 4, 1.0), decision(1, 2, 2.0)}), "");
  EXPECT_EQ(fault_with({decision(0, 4, 1.0), decision(1, 4, 2.0)}), "");
}

TEST_F(LateTest, LateDecisionIsOfTheHeightOfItsIteration) {
  advance({decision(0, 1, 1.0), decision(1, 1, 2.0)});
  advance({decision(0, 2, 1.0)});
  const SignedTransaction good = decision(1, 2, 2.0);
  EXPECT_EQ(fault_with({decision(0, 3, 1.0), good}), "");
  Transaction elsewhere = good.content();
  elsewhere.turn.height = 1;
  elsewhere.nonce = 0;
  EXPECT_EQ(fault_with({decision(0, 3, 1.0), sign_transaction(elsewhere, market_.meter_keys[1])}),
            "height of a late decision");
  elsewhere.turn.height = 3;
  elsewhere.nonce = 2;
  EXPECT_EQ(fault_with({decision(0, 3, 1.0), sign_transaction(elsewhere, market_.meter_keys[1])}),
            "height of a late decision");
  Transaction future = good.content();
  future.turn.iteration = 4;
  future.turn.height = 3;
  future.nonce = 2;
  EXPECT_EQ(fault_with({decision(0, 3, 1.0), sign_transaction(future, market_.meter_keys[1])}),
            "iteration");
}

TEST_F(LateTest, LateDecisionNamesTheBlockThatItAnswered) {
  advance({decision(0, 1, 1.0), decision(1, 1, 2.0)});
  const Digest answered = state().head;
  advance({decision(0, 2, 1.0)});
  Transaction late = decision(1, 2, 2.0).content();
  EXPECT_EQ(late.parent, answered);
  late.parent = state().head;
  EXPECT_EQ(fault_with({decision(0, 3, 1.0), sign_transaction(late, market_.meter_keys[1])}),
            "parent of a transaction");
}

TEST_F(LateTest, TooOldRepeatedAndReplayedDecisionsAreRefused) {
  for (std::uint32_t k = 1; k <= 3; ++k) advance({decision(0, k, 1.0 * k), decision(1, k, 2.0)});
  EXPECT_EQ(fault_with({decision(0, 4, 1.0), decision(1, 1, 2.0)}), "height") << "three old";
  EXPECT_EQ(fault_with({decision(0, 4, 1.0), decision(1, 3, 2.0)}),
            "iteration of a decision, at least")
      << "Func A has it";
  EXPECT_EQ(fault_with({decision(0, 4, 1.0), decision(1, 2, 9.0)}),
            "iteration of a decision, at least")
      << "Func A has a newer one";
}

TEST_F(LateTest, WithoutStalenessABlockNeedsANewDecisionOfEveryMeter) {
  market_.genesis.staleness = 0;
  begin();
  advance({decision(0, 1, 1.0), decision(1, 1, 2.0)});
  EXPECT_EQ(fault_with({decision(0, 2, 1.0)}), "transactions");
  EXPECT_EQ(fault_with({decision(1, 2, 1.0)}), "meter of a transaction");
  EXPECT_EQ(fault_with({decision(0, 2, 1.0), decision(1, 1, 2.0)}), "height");
}

TEST_F(LateTest, SettlementNeedsEveryone) {
  for (std::uint32_t k = 1; k <= 2; ++k) advance({decision(0, k, 1.0), decision(1, k, 2.0)});
  ASSERT_TRUE(state().converged);
  auto answers = market_.transactions(state());
  answers.pop_back();
  EXPECT_EQ(fault_with(answers), "transactions");
}

TEST_F(LateTest, FuncAUsesTheLastDecisionWithAShorterStep) {
  advance({decision(0, 1, 1.0), decision(1, 1, 2.0)});
  market::Iterate expected = state().iterate;
  advance({decision(0, 2, 3.0)});
  market::dual_update(market_.genesis.terms, std::vector<double>{3.0, -3.0, 2.0, -2.0}, expected,
                      1);
  EXPECT_EQ(state().iterate, expected);
  advance({decision(0, 3, 4.0), decision(1, 2, 7.0)});
  market::dual_update(market_.genesis.terms, std::vector<double>{4.0, -4.0, 7.0, -7.0}, expected,
                      1);
  EXPECT_EQ(state().iterate, expected);
}

TEST_F(LateTest, ALateDecisionKeepsItsPriceWhenThePenaltyChanges) {
  advance({decision(0, 1, 1.0), decision(1, 1, 2.0)});
  ContractState doubled = state();
  doubled.iterate.rho *= 2.0;
  market::Iterate expected = doubled.iterate;
  market::dual_update(market_.genesis.terms, std::vector<double>{3.0, -3.0, 1.0, -1.0}, expected,
                      1);
  EXPECT_EQ(market_.after(doubled, {decision(0, 2, 3.0)}).iterate, expected);
}

/// A meter that says nothing does not look like one that agrees: the day ends only when everyone
/// has decided on an iterate that passed.
TEST_F(LateTest, SilenceDoesNotPassTheStopTest) {
  market_.genesis.staleness = 5;
  begin();
  advance({decision(0, 1, 1.0), decision(1, 1, 2.0)});
  for (std::uint32_t k = 2; k <= 6; ++k) {
    advance({decision(0, k, 1.0)});
    EXPECT_EQ(state().iterate.residual, 0.0);
    EXPECT_FALSE(state().converged) << k;
    EXPECT_EQ(state().passed_since, 2U);
  }
  ContractState newer = market_.after(state(), {decision(0, 7, 1.0), decision(1, 2, 2.0)});
  EXPECT_TRUE(newer.converged);
  newer = market_.after(state(), {decision(0, 7, 1.0), decision(1, 2, 2.5)});
  EXPECT_FALSE(newer.converged);
  EXPECT_EQ(newer.passed_since, 0U);
}

TEST_F(LateTest, WhereNobodyIsLateTheIteratesAreThoseWithoutStaleness) {
  TinyMarket punctual(4);
  punctual.genesis.terms = market_.genesis.terms;
  for (TinyMarket* market : {&market_, &punctual}) market->genesis.terms.memory = 3;
  begin();
  ContractState other = initial_state(punctual.genesis);
  std::mt19937_64 random(5);
  for (std::uint32_t k = 1; k <= 12; ++k) {
    std::vector<SignedTransaction> transactions;
    for (std::uint32_t m = 0; m < 2; ++m) {
      transactions.push_back(decision(m, k, static_cast<double>(random() % 1000) / 100.0));
    }
    advance(transactions);
    other = punctual.after(other, transactions);
    ASSERT_EQ(state().iterate, other.iterate) << k;
  }
}

TEST_F(LateTest, RootCoversWhatFuncAStillUses) {
  EXPECT_NE(state_root(market_.genesis, state()), Digest{}) << "also before the first block";
  advance({decision(0, 1, 1.0), decision(1, 1, 2.0)});
  advance({decision(0, 2, 1.0)});
  const Digest root = state_root(market_.genesis, state());
  ContractState other = state();
  other.decided[1] = 2;
  EXPECT_NE(state_root(market_.genesis, other), root);
  other = state();
  other.decisions[3] += 1.0;
  EXPECT_NE(state_root(market_.genesis, other), root);
  other = state();
  other.passed_since += 1;
  EXPECT_NE(state_root(market_.genesis, other), root);
}

}  // namespace
}  // namespace gridtally::ledger
