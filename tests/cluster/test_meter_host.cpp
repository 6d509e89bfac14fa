#include <gtest/gtest.h>

#include "audit/small_run.hpp"
#include "cluster/meter_host.hpp"

namespace gridtally::cluster {
namespace {

/// Both meters of a small run on one host, and the block that holds what they say first.
class Host : public testing::Test {
 protected:
  Host() {
    run_.meter_keys = audit::testing::small_keys(1, 2);
    run_.validator_keys = audit::testing::small_keys(2, 4);
    run_.private_files = audit::testing::small_private_files(run_.meter_keys);
    run_.genesis = audit::testing::small_genesis(run_, {});
  }

  [[nodiscard]] MeterHost host() const {
    return {run_.genesis, run_.meter_keys, run_.private_files, 0, plan_};
  }
  [[nodiscard]] ledger::Block first_words(MeterHost& host) const {
    host.begin(ledger::initial_state(run_.genesis));
    ledger::Block block;
    for (const auto& bytes : host.take_ready(Clock::now())) {
      block.transactions.push_back(ledger::decode_transaction(bytes));
    }
    return block;
  }

  audit::testing::SmallRun run_;
  FaultPlan plan_;
};

TEST_F(Host, SignsOverTheChain) {
  auto host = this->host();
  const auto block = first_words(host);
  ASSERT_EQ(block.transactions.size(), 2U);
  for (const auto& word : block.transactions) {
    EXPECT_EQ(word.content().parent, ledger::run_id(run_.genesis));
  }
}

TEST_F(Host, KnowsItsOwnWords) {
  auto host = this->host();
  const auto block = first_words(host);
  EXPECT_FALSE(host.disowns(block));
}

TEST_F(Host, DisownsAWordWithAnotherSignature) {
  auto host = this->host();
  auto block = first_words(host);
  auto& word = block.transactions[1];
  auto signature = word.signature();
  signature.bytes[0] ^= 1U;
  word = ledger::SignedTransaction(word.content(), signature);
  EXPECT_EQ(host.disowns(block), 1U);
}

TEST_F(Host, DisownsAWordSignedWithItsKeyElsewhere) {
  auto host = this->host();
  auto block = first_words(host);
  auto content = block.transactions[0].content();
  content.decisions[0].numbers[0] += 0.5;
  block.transactions[0] = ledger::sign_transaction(content, run_.meter_keys[0]);
  EXPECT_EQ(host.disowns(block), 0U);
}

TEST_F(Host, DisownsAWordOfATurnThatIsOver) {
  auto host = this->host();
  const auto block = first_words(host);
  auto state = ledger::apply(run_.genesis, ledger::initial_state(run_.genesis), block);
  host.observe(state);
  host.begin(state);
  EXPECT_EQ(host.disowns(block), 0U);
}

TEST_F(Host, AWordThatMayComeLateIsItsOwnForSoLong) {
  run_.genesis.staleness = 1;
  auto host = this->host();
  const auto block = first_words(host);
  auto state = ledger::initial_state(run_.genesis);
  for (const bool disowned : {false, true}) {
    auto next = ledger::apply(run_.genesis, state, block);
    host.observe(next);
    host.begin(next);
    EXPECT_EQ(host.disowns(block).has_value(), disowned);
    state = next;
  }
}

TEST_F(Host, AWordOfTheLifeBeforeIsItsOwn) {
  auto before = host();
  const auto block = first_words(before);
  auto after = host();
  after.retrace(ledger::initial_state(run_.genesis), block);
  EXPECT_FALSE(after.disowns(block));
}

TEST_F(Host, OfOneWhoseKeyIsStolenTheOthersWordIsNotItsOwn) {
  plan_.add(ImpersonationFault{1, 0, 1});
  auto host = this->host();
  auto block = first_words(host);
  ASSERT_EQ(block.transactions.size(), 3U);  // meter 0's, the thief's, meter 1's
  auto thieves = block;
  thieves.transactions.pop_back();
  EXPECT_EQ(host.disowns(thieves), 1U);
  std::swap(block.transactions[1], block.transactions[2]);
  block.transactions.pop_back();
  EXPECT_FALSE(host.disowns(block));
}

TEST_F(Host, OtherHostsMetersAreTheirBusiness) {
  const auto keys = audit::testing::small_keys(1, 2);
  MeterHost one(run_.genesis, keys, {run_.private_files[0]}, 0, plan_);
  auto both = host();
  auto block = first_words(both);
  EXPECT_EQ(first_words(one).transactions.size(), 1U);
  auto& word = block.transactions[1];
  word = ledger::SignedTransaction(word.content(), ledger::Signature{});
  EXPECT_FALSE(one.disowns(block));
  EXPECT_EQ(both.disowns(block), 1U);
}

}  // namespace
}  // namespace gridtally::cluster
