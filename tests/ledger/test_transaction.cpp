#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>

#include "base/error.hpp"
#include "ledger/tiny_market.hpp"
#include "ledger/transaction.hpp"

namespace gridtally::ledger {
namespace {

/// The states after 0 blocks (a trading turn follows) and after 2 (a settlement turn follows).
class TransactionTest : public testing::Test {
 protected:
  TransactionTest() : market_(1, 1), start_(initial_state(market_.genesis)), converged_(start_) {
    Tip tip(start_.run_id);
    for (int i = 0; i < 2; ++i) market_.commit(converged_, tip);
  }

  std::string fault_of(const ContractState& state, const SignedTransaction& transaction) {
    const auto fault = check_transaction(market_.genesis, state.run_id,
                                         next_turn(market_.genesis, state), transaction, verifier_);
    return fault ? fault->what : "";
  }
  std::string fault_after(const ContractState& state,
                          const std::function<void(Transaction&)>& spoil) {
    Transaction draft = market_.draft(state, 0);
    spoil(draft);
    return fault_of(state, sign_transaction(draft, market_.meter_keys[0]));
  }

  TinyMarket market_;
  ContractState start_;
  ContractState converged_;
  Verifier verifier_;
};

TEST_F(TransactionTest, RoundTripOfBothKinds) {
  for (const ContractState* state : {&start_, &converged_}) {
    const SignedTransaction good = market_.transactions(*state)[0];
    EXPECT_EQ(decode_transaction(encode(good)), good);
    EXPECT_EQ(fault_of(*state, good), "");
  }
}

TEST_F(TransactionTest, WithoutItsRowsItHasTheSameIdAndSignature) {
  const SignedTransaction whole = market_.transactions(start_)[0];
  Transaction envelope = whole.content();
  envelope.decisions.clear();
  const SignedTransaction bare(envelope, whole.rows_root(), whole.signature());
  EXPECT_TRUE(whole.has_rows());
  EXPECT_FALSE(bare.has_rows());
  EXPECT_EQ(bare.id(), whole.id());
  EXPECT_EQ(fault_of(start_, bare), "");
  EXPECT_EQ(fault_of(start_, SignedTransaction(envelope, Digest{1}, whole.signature())),
            "meter signature");
  EXPECT_EQ(fault_of(converged_, bare), "phase");
  EXPECT_THROW(encode(bare), Error);
}

TEST_F(TransactionTest, ReplayRefusedByName) {
  const SignedTransaction first = market_.transactions(start_)[0];
  ContractState second = start_;
  Tip tip(start_.run_id);
  market_.commit(second, tip);
  EXPECT_EQ(fault_of(second, first), "height");
  EXPECT_EQ(fault_of(converged_, first), "phase");
  ContractState other_run = start_;
  other_run.run_id = Digest{9};
  EXPECT_EQ(fault_of(other_run, first), "run id");
}

TEST_F(TransactionTest, EachWrongFieldRefusedByName) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  using Spoil = std::function<void(Transaction&)>;
  const std::vector<std::pair<std::string, Spoil>> faults{
      {"meter", [](Transaction& t) { t.meter = 5; }},
      {"run id", [](Transaction& t) { t.run_id[3] ^= 1U; }},
      {"height", [](Transaction& t) { ++t.turn.height; }},
      {"day", [](Transaction& t) { ++t.turn.day; }},
      {"iteration", [](Transaction& t) { ++t.turn.iteration; }},
      {"nonce", [](Transaction& t) { ++t.nonce; }},
      {"rows", [](Transaction& t) { t.decisions.pop_back(); }},
      {"row's prosumer", [](Transaction& t) { std::swap(t.decisions[0], t.decisions[1]); }},
      {"decision's length", [](Transaction& t) { t.decisions[0].numbers.push_back(0.0); }},
      {"decision", [nan](Transaction& t) { t.decisions[1].numbers[1] = nan; }},
      {"decision", [infinity](Transaction& t) { t.decisions[1].numbers[0] = -infinity; }},
      {"decision", [](Transaction& t) { t.decisions[1].numbers[0] = -0.0; }},
      {"decision", [](Transaction& t) { t.decisions[1].numbers[0] = 1e-310; }},
      {"rows of the other phase", [](Transaction& t) { t.acceptances.resize(1); }},
  };
  for (const auto& [what, spoil] : faults) EXPECT_EQ(fault_after(start_, spoil), what);
  const std::vector<std::pair<std::string, Spoil>> answers{
      {"change's length", [](Transaction& t) { t.acceptances[0].change.clear(); }},
      {"change", [nan](Transaction& t) { t.acceptances[0].change[1] = nan; }},
      {"change of one who accepts", [](Transaction& t) { t.acceptances[1].change[0] = 1.0; }},
      {"cost", [nan](Transaction& t) { t.acceptances[0].cost = nan; }},
      {"cost alone", [infinity](Transaction& t) { t.acceptances[0].cost_alone = infinity; }},
      {"bound", [](Transaction& t) { t.acceptances[0].bound = -0.0; }},
  };
  for (const auto& [what, spoil] : answers) EXPECT_EQ(fault_after(converged_, spoil), what);
}

TEST_F(TransactionTest, FaultNamesMeterProsumerDayAndSlot) {
  Transaction draft = market_.draft(start_, 0);
  draft.decisions[1].numbers[1] = -0.0;
  const auto fault =
      check_transaction(market_.genesis, start_.run_id, next_turn(market_.genesis, start_),
                        sign_transaction(draft, market_.meter_keys[0]), verifier_);
  ASSERT_TRUE(fault);
  EXPECT_EQ(describe(*fault),
            "height 1, meter 0, prosumer 1, day 0, slot 1: decision: expected a finite number, "
            "normal or +0, found -0");
}

TEST_F(TransactionTest, AnotherKeyRefused) {
  const auto forged = sign_transaction(market_.draft(start_, 0), test_key(9));
  EXPECT_EQ(fault_of(start_, forged), "meter signature");
}

TEST_F(TransactionTest, EveryFlippedByteRefused) {
  for (const ContractState* state : {&start_, &converged_}) {
    const Bytes good = encode(market_.transactions(*state)[0]);
    for (std::size_t i = 0; i < good.size(); ++i) {
      Bytes bad = good;
      bad[i] ^= 0x01U;
      try {
        EXPECT_NE(fault_of(*state, decode_transaction(bad)), "") << i;
      } catch (const FormatError&) {
      }
    }
  }
}

TEST_F(TransactionTest, EveryTruncationRefused) {
  const Bytes good = encode(market_.transactions(converged_)[0]);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_THROW(decode_transaction(ByteView(good).first(size)), FormatError) << size;
  }
}

TEST_F(TransactionTest, NoiseIsRefusedOrRoundTrips) {
  std::mt19937 random(1);
  const Bytes good = encode(market_.transactions(start_)[0]);
  for (int i = 0; i < 20000; ++i) {
    Bytes bad = good;
    for (int flips = 0; flips < 3; ++flips) {
      bad[random() % bad.size()] = static_cast<std::uint8_t>(random());
    }
    bad.resize(random() % (bad.size() + 8));
    try {
      EXPECT_EQ(encode(decode_transaction(bad)), bad);
    } catch (const FormatError&) {
    }
  }
}

TEST_F(TransactionTest, RowProofHoldsForItsRowOnly) {
  const SignedTransaction transaction = market_.transactions(start_)[0];
  RowProof proof = prove_row(transaction.content(), 1);
  EXPECT_EQ(proof.row, encode(transaction.content().decisions[1]));
  EXPECT_TRUE(verify_row(proof, transaction.rows_root()));
  proof.row = encode(transaction.content().decisions[0]);
  EXPECT_FALSE(verify_row(proof, transaction.rows_root()));
  EXPECT_THROW(prove_row(transaction.content(), 2), Error);
}

TEST(Numbers, SendersReplaceWhatIsRefused) {
  EXPECT_TRUE(is_canonical(canonical(-0.0)));
  EXPECT_EQ(canonical(-1e-310), 0.0);
  EXPECT_TRUE(is_canonical(canonical(-1e-310)));
  EXPECT_EQ(canonical(-1.5), -1.5);
  EXPECT_FALSE(is_canonical(canonical(std::numeric_limits<double>::infinity())));
}

}  // namespace
}  // namespace gridtally::ledger
