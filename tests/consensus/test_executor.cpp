#include <gtest/gtest.h>

#include "base/error.hpp"
#include "consensus/adversary.hpp"
#include "consensus/stand.hpp"

namespace gridtally::consensus {
namespace {

using ledger::Block;
using ledger::Digest;

TEST(Executor, GoodResultIsSharedAndOneState) {
  const Stand stand(0);
  const auto offer = stand.fresh(0);
  const auto first = stand.executor->check(*stand.start, *offer.block);
  const std::size_t checks = stand.executor->verifier().checks_done();
  const auto second = stand.executor->check(*stand.start, Block(*offer.block));
  EXPECT_FALSE(first.fault);
  EXPECT_EQ(first.after, second.after);
  EXPECT_EQ(stand.executor->verifier().checks_done(), checks);
}

TEST(Executor, OwnBlockIsExecutedOnce) {
  const Stand stand(0);
  const auto& key = stand.market.validator_keys[1];
  const Block block = stand.executor->make(
      *stand.start, {1, 0, stand.market.transactions(stand.start->state), {}}, key);
  const auto result = stand.executor->check(*stand.start, block);
  EXPECT_FALSE(result.fault);
  EXPECT_EQ(result.after->tip.head, block_hash(block.header));
  ledger::Tip tip = stand.start->tip;
  ledger::ContractState state = stand.start->state;
  EXPECT_FALSE(check_execution(stand.market.genesis, block, tip, state));
  EXPECT_EQ(result.after->tip, tip);
  EXPECT_EQ(state_root(stand.market.genesis, result.after->state), block.header.state_root);
}

TEST(Executor, KnownHeaderHelpsNoOtherBody) {
  const Stand stand(0);
  const auto offer = stand.fresh(0);
  ASSERT_FALSE(stand.executor->check(*stand.start, *offer.block).fault);
  Block bad = *offer.block;
  bad.transactions = stand.fresh(0, 1).block->transactions;
  EXPECT_EQ(stand.executor->check(*stand.start, bad).fault->what, "transactions root");
  bad = *offer.block;
  bad.transactions.pop_back();
  EXPECT_TRUE(stand.executor->check(*stand.start, bad).fault);
  bad = *offer.block;
  bad.payments.push_back({0, 1, 5});
  EXPECT_TRUE(stand.executor->check(*stand.start, bad).fault);
  bad = *offer.block;
  bad.proposer_signature.bytes[0] ^= 1;
  EXPECT_EQ(stand.executor->check(*stand.start, bad).fault->what, "proposer's signature");
}

TEST(Executor, KnownBlockDoesNotFitElsewhere) {
  const Stand stand(0);
  const auto offer = stand.fresh(0);
  const auto after = stand.executor->check(*stand.start, *offer.block).after;
  EXPECT_TRUE(stand.executor->check(*after, *offer.block).fault);
}

TEST(Executor, RefusesToMakeABadBlock) {
  const Stand stand(0);
  const auto& key = stand.market.validator_keys[1];
  auto transactions = stand.market.transactions(stand.start->state);
  transactions.pop_back();
  EXPECT_THROW(stand.executor->make(*stand.start, {1, 0, transactions, {}}, key), FormatError);
  transactions = stand.market.transactions(stand.start->state);
  const auto stranger = ledger::test_key(9).public_key();
  ledger::Ballot ballot = stand.market.ballot(2, stranger, true);
  ballot.not_before = 5;
  ballot = sign_ballot(ballot, stand.market.validator_keys[2]);
  EXPECT_THROW(stand.executor->make(*stand.start, {1, 0, transactions, {ballot}}, key),
               FormatError);
  EXPECT_THROW(stand.executor->make(*stand.start, {2, 0, transactions, {}}, key), FormatError);
}

TEST(Executor, AuthenticIsWhatItsAuthorSigned) {
  const Stand stand(0);
  const auto& membership = stand.start->state.membership;
  const auto offer = stand.fresh(0);
  EXPECT_TRUE(stand.executor->is_authentic(membership, offer.block));
  auto bad = std::make_shared<Block>(*offer.block);
  bad->transactions = stand.fresh(0, 1).block->transactions;
  EXPECT_FALSE(stand.executor->is_authentic(membership, bad));
  bad = std::make_shared<Block>(*offer.block);
  bad->header.proposer = 77;
  EXPECT_FALSE(stand.executor->is_authentic(membership, bad));
}

TEST(Executor, KeepsTheFirstCertificateOfTheLatestBlocks) {
  const Stand stand(0);
  const auto offer = stand.fresh(0);
  const auto one = stand.committed(offer, {0, 1, 2});
  const auto other = stand.committed(offer, {1, 2, 3});
  const auto kept = stand.executor->keep(offer.block, one.certificate);
  EXPECT_EQ(stand.executor->keep(offer.block, other.certificate), kept);
  EXPECT_EQ(stand.executor->committed(1), kept);
  EXPECT_FALSE(stand.executor->committed(2));
  for (std::uint64_t height = 2; height <= 1 + Executor::blocks_kept; ++height) {
    auto later = std::make_shared<ledger::CommittedBlock>(one);
    later->block.header.turn.height = height;
    stand.executor->keep(ledger::Committed(later));
  }
  EXPECT_FALSE(stand.executor->committed(1));
  EXPECT_TRUE(stand.executor->committed(2));
}

/// However few meters they are of: one meter may speak for thousands of homes.
TEST(Executor, KeepsFewLargeBlocks) {
  const Stand stand(0);
  auto large = stand.committed(stand.fresh(0), {0, 1, 2});
  auto content = large.block.transactions[0].content();
  content.decisions[0].numbers.resize(Executor::bytes_kept / (4 * sizeof(double)));
  large.block.transactions = {sign_transaction(content, stand.market.meter_keys[0])};
  for (std::uint64_t height = 1; height <= 10; ++height) {
    large.block.header.turn.height = height;
    stand.executor->keep(std::make_shared<ledger::CommittedBlock>(large));
  }
  EXPECT_FALSE(stand.executor->committed(7));
  EXPECT_TRUE(stand.executor->committed(8));
}

TEST(Executor, KeepsTheLastTwoOfAnySize) {
  const Stand stand(0);
  auto huge = stand.committed(stand.fresh(0), {0, 1, 2});
  auto content = huge.block.transactions[0].content();
  content.decisions[0].numbers.resize(2 * Executor::bytes_kept / sizeof(double));
  huge.block.transactions = {sign_transaction(content, stand.market.meter_keys[0])};
  for (std::uint64_t height = 1; height <= 3; ++height) {
    huge.block.header.turn.height = height;
    stand.executor->keep(std::make_shared<ledger::CommittedBlock>(huge));
  }
  EXPECT_FALSE(stand.executor->committed(1));
  EXPECT_TRUE(stand.executor->committed(2));
  EXPECT_TRUE(stand.executor->committed(3));
}

}  // namespace
}  // namespace gridtally::consensus
