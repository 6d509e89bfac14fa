// Two meters of one prosumer each; decisions differ by small shifts.
#include <gtest/gtest.h>

#include <random>

#include "cluster/transaction_pool.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::cluster {
namespace {

using ledger::ContractState;
using ledger::EvidenceKind;
using ledger::SignedTransaction;
using ledger::Transaction;
using Numbers = std::vector<std::uint32_t>;

class Pool : public ::testing::Test {
 protected:
  explicit Pool(std::uint32_t staleness = 0) : market_(4) {
    auto& genesis = market_.genesis;
    genesis.staleness = staleness;
    genesis.terms.max_iterations = 100;
    genesis.terms.epsilon = 1e-300;  // days do not end
    state_ = initial_state(genesis);
    pool_.emplace(genesis, verifier_);
    pool_->begin(state_);
  }

  // A decision of its own: `shift` tells two of them apart.
  [[nodiscard]] SignedTransaction speak(std::uint32_t meter, double shift = 0.0) const {
    return signed_by(meter, draft(meter, shift));
  }
  [[nodiscard]] Transaction draft(std::uint32_t meter, double shift = 0.0) const {
    Transaction out = market_.draft(state_, meter);
    out.decisions[0].numbers[0] += shift + 0.25 * static_cast<double>(state_.turn.height);
    return out;
  }
  [[nodiscard]] SignedTransaction signed_by(std::uint32_t key, Transaction transaction) const {
    return sign_transaction(std::move(transaction), market_.meter_keys[key]);
  }
  void add(const SignedTransaction& transaction) { pool_->add(encode(transaction)); }
  // The block of all that the pool offers.
  void make_block() {
    const auto next = market_.after(state_, pool_->transactions());
    state_ = next;
    pool_->begin(state_);
  }
  [[nodiscard]] Numbers offered() const {
    Numbers out;
    for (const auto& each : pool_->transactions()) out.push_back(each.content().meter);
    return out;
  }

  ledger::TinyMarket market_;
  ledger::Verifier verifier_;
  ContractState state_;
  std::optional<TransactionPool> pool_;
};

TEST_F(Pool, IsCompleteWithEveryMeter) {
  EXPECT_FALSE(pool_->complete());
  EXPECT_EQ(pool_->missing(), (Numbers{0, 1}));
  add(speak(1));
  EXPECT_FALSE(pool_->complete());
  EXPECT_FALSE(pool_->serves());
  add(speak(0));
  EXPECT_TRUE(pool_->complete());
  EXPECT_TRUE(pool_->serves());
  EXPECT_EQ(pool_->missing(), Numbers{});
  EXPECT_EQ(offered(), (Numbers{0, 1}));
}

TEST_F(Pool, BeginsAnewWithEachBlock) {
  add(speak(0));
  add(speak(1));
  make_block();
  EXPECT_FALSE(pool_->complete());
  EXPECT_EQ(pool_->missing(), (Numbers{0, 1}));
  EXPECT_EQ(offered(), Numbers{});
}

TEST_F(Pool, WhatComesABlockEarlyCountsWhenItIsDue) {
  add(speak(0));
  add(speak(1));
  const auto next = market_.after(state_, pool_->transactions());
  const auto before = std::exchange(state_, next);
  add(speak(0));  // its block is not due yet here
  EXPECT_EQ(offered(), Numbers{1});
  pool_->begin(state_);
  EXPECT_EQ(offered(), Numbers{0});
}

TEST_F(Pool, ABadSignatureIsRefusedAndTold) {
  add(signed_by(1, draft(0)));
  EXPECT_EQ(offered(), Numbers{});
  const auto evidence = pool_->take_evidence();
  ASSERT_EQ(evidence.size(), 1U);
  EXPECT_EQ(evidence[0].kind, EvidenceKind::refused_transaction);
  EXPECT_EQ(evidence[0].accused, 0U);
  add(speak(0));
  EXPECT_EQ(offered(), Numbers{0});
}

TEST_F(Pool, WhatNoBlockMayHoldIsRefusedAndTold) {
  Transaction odd = draft(0);
  odd.decisions[0].numbers.push_back(1.0);
  add(signed_by(0, odd));
  EXPECT_EQ(offered(), Numbers{});
  EXPECT_EQ(pool_->take_evidence().size(), 1U);
  EXPECT_TRUE(pool_->take_evidence().empty()) << "told once";
  EXPECT_EQ(pool_->missing(), (Numbers{0, 1}));
}

/// Which block came before, it does not show by itself: no evidence.
TEST_F(Pool, OneSignedOverAnotherChainIsDropped) {
  Transaction elsewhere = draft(1);
  elsewhere.parent[0] ^= 1U;
  add(signed_by(1, elsewhere));
  add(speak(0));
  EXPECT_EQ(offered(), Numbers{0});
  EXPECT_EQ(pool_->missing(), Numbers{1});
  EXPECT_TRUE(pool_->take_evidence().empty());
  add(speak(1));
  EXPECT_TRUE(pool_->complete());
}

TEST_F(Pool, TwoDifferentTransactionsOfOneTurnAreTold) {
  add(speak(0));
  add(speak(0, 1.0));
  const auto evidence = pool_->take_evidence();
  ASSERT_EQ(evidence.size(), 1U);
  EXPECT_EQ(evidence[0].kind, EvidenceKind::two_transactions);
  EXPECT_EQ(pool_->transactions()[0], speak(0)) << "the first stays";
}

TEST_F(Pool, TheSameTransactionTwiceIsNothing) {
  add(speak(0));
  add(speak(0));
  EXPECT_TRUE(pool_->take_evidence().empty());
  EXPECT_EQ(offered(), Numbers{0});
}

TEST_F(Pool, BytesThatAreNoTransactionAreDropped) {
  pool_->add(ledger::Bytes{1, 2, 3});
  Transaction stranger = draft(0);
  stranger.meter = 2;
  add(signed_by(0, stranger));
  EXPECT_EQ(offered(), Numbers{});
  EXPECT_TRUE(pool_->take_evidence().empty());
}

TEST_F(Pool, ALateDecisionIsOfNoUseWhereNoneMayBe) {
  const auto late = speak(1);
  add(speak(0));
  add(speak(1, 0.5));
  make_block();
  add(speak(0));
  pool_->add(encode(late));
  EXPECT_FALSE(pool_->serves());
  EXPECT_EQ(offered(), Numbers{0});
}

class LatePool : public Pool {
 protected:
  LatePool() : Pool(2) {
    add(speak(0));
    add(speak(1));
    make_block();
  }
};

TEST_F(LatePool, TheFirstIterationNeedsEveryone) {
  pool_.emplace(market_.genesis, verifier_);
  const ContractState first = initial_state(market_.genesis);
  pool_->begin(first);
  EXPECT_EQ(pool_->missing(), (Numbers{0, 1}));
  EXPECT_FALSE(pool_->serves());
}

TEST_F(LatePool, OneMeterSufficesAfterIt) {
  EXPECT_EQ(pool_->missing(), Numbers{});
  EXPECT_FALSE(pool_->serves()) << "a block of nobody";
  add(speak(0));
  EXPECT_TRUE(pool_->serves());
  EXPECT_FALSE(pool_->complete());
}

TEST_F(LatePool, AMeterIsNeededOnceItsDecisionIsTooOld) {
  for (int i = 0; i < 2; ++i) {  // blocks 2 and 3 without meter 1: its decision is 1 and 2 old
    add(speak(0));
    EXPECT_TRUE(pool_->serves());
    make_block();
  }
  add(speak(0));
  EXPECT_EQ(pool_->missing(), Numbers{1});
  EXPECT_FALSE(pool_->serves());
  add(speak(1));
  EXPECT_TRUE(pool_->serves());
}

TEST_F(LatePool, ALateDecisionFitsTheNextBlock) {
  const auto late = speak(1);  // of iteration 2
  add(speak(0));
  make_block();
  pool_->add(encode(late));
  EXPECT_EQ(offered(), Numbers{1});
  EXPECT_TRUE(pool_->serves());
  EXPECT_FALSE(pool_->complete());
  add(speak(0));
  make_block();
  EXPECT_EQ(state_.decided, (Numbers{3, 2}));
}

TEST_F(LatePool, ALateOneWithAFaultIsRefusedBeforeItReachesABlock) {
  Transaction odd = draft(1);
  odd.decisions[0].numbers.push_back(1.0);
  add(speak(0));
  make_block();
  add(signed_by(1, odd));
  EXPECT_EQ(offered(), Numbers{});
  EXPECT_EQ(pool_->take_evidence().size(), 1U);
}

TEST_F(LatePool, ALateOneThatSaysNothingNewDoesNotFit) {
  const auto known = speak(1);
  add(speak(0));
  pool_->add(encode(known));
  make_block();
  pool_->add(encode(known));
  EXPECT_EQ(offered(), Numbers{});
}

// The counts that a new transaction keeps up to date are those of looking at every meter.
TEST_F(LatePool, CountsStayRightInAnyOrder) {
  std::mt19937 random(3);
  std::vector<SignedTransaction> said;
  for (int i = 0; i < 300; ++i) {
    if (random() % 3 == 0 && !said.empty()) add(said[random() % said.size()]);
    said.push_back(speak(random() % 2, 0.5));
    if (random() % 2 == 0) add(said.back());
    EXPECT_EQ(pool_->serves(), pool_->missing().empty() && !offered().empty());
    if (pool_->serves() && state_.turn.iteration < 90) make_block();
  }
  EXPECT_GT(state_.turn.iteration, 20U);
}

TEST_F(Pool, OneVotersFloodLeavesRoomForTheOthers) {
  const auto stranger = ledger::test_key(9).public_key();
  for (std::uint64_t nonce = 1; nonce <= 200; ++nonce) {
    const ledger::Ballot ballot{state_.run_id, 3, stranger, true, 1000000, nonce, {}};
    pool_->add_ballot(ledger::sign_ballot(ballot, market_.validator_keys[3]));
  }
  const ledger::Ballot other{state_.run_id, 1, stranger, true, 0, 1, {}};
  const auto ballot = ledger::sign_ballot(other, market_.validator_keys[1]);
  pool_->add_ballot(ballot);
  EXPECT_EQ(pool_->ballots(), std::vector{ballot});
}

TEST_F(Pool, BallotsComeInTheirOrderAndBadOnesNever) {
  const auto stranger = ledger::test_key(9).public_key();
  const auto second = market_.ballot(2, stranger, true);
  const auto first = market_.ballot(1, stranger, true);
  auto forged = market_.ballot(0, stranger, true);
  forged.voter = 3;
  for (const auto& ballot : {second, first, forged, second}) pool_->add_ballot(ballot);
  EXPECT_EQ(pool_->ballots(), (std::vector<ledger::Ballot>{first, second}));
}

TEST_F(Pool, NothingIsDueWhenTheRunHasEnded) {
  state_.turn = {9, 1, ledger::Phase::settlement, 1};
  state_.converged = state_.settled = true;
  pool_->begin(state_);
  EXPECT_FALSE(pool_->complete());
  EXPECT_FALSE(pool_->serves());
  EXPECT_EQ(pool_->missing(), Numbers{});
}

}  // namespace
}  // namespace gridtally::cluster
