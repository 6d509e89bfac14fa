#include <gtest/gtest.h>

#include <random>

#include "base/error.hpp"
#include "ledger/block.hpp"
#include "ledger/chain.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

class BlockTest : public testing::Test {
 protected:
  BlockTest() : market_(4), state_(initial_state(market_.genesis)), run_(state_.run_id) {
    Digest head = run_;
    committed_ = market_.commit(state_, head);
  }
  std::optional<Fault> check(const CommittedBlock& committed) {
    ContractState state = initial_state(market_.genesis);
    return check_block(market_.genesis, run_, state, committed, verifier_);
  }

  TinyMarket market_;
  ContractState state_;
  Digest run_;
  CommittedBlock committed_;
  Verifier verifier_;
};

TEST_F(BlockTest, RoundTrips) {
  EXPECT_EQ(decode_block(encode(committed_.block)), committed_.block);
  EXPECT_EQ(decode_certificate(encode(committed_.certificate)), committed_.certificate);
  EXPECT_EQ(decode_committed_block(encode(committed_)), committed_);
}

TEST_F(BlockTest, MessagesRoundTrip) {
  const Message proposal = Proposal{std::make_shared<const Block>(committed_.block)};
  const Message vote = sign_vote({Step::precommit, run_, 3, 1, Digest{5}, 2, {}}, test_key(2, 2));
  for (const Message& message : {proposal, vote}) {
    const Bytes bytes = encode(message);
    EXPECT_EQ(encode(decode_message(bytes)), bytes);
  }
  EXPECT_EQ(std::get<Vote>(decode_message(encode(vote))), std::get<Vote>(vote));
  EXPECT_THROW(decode_message(Bytes{2}), FormatError);
}

TEST_F(BlockTest, EveryFlippedByteRefused) {
  ASSERT_FALSE(check(committed_));
  const Bytes good = encode(committed_);
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x01U;
    try {
      EXPECT_TRUE(check(decode_committed_block(bad))) << i;
    } catch (const FormatError&) {
    }
  }
}

TEST_F(BlockTest, EveryTruncationRefused) {
  const Bytes good = encode(committed_);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_THROW(decode_committed_block(ByteView(good).first(size)), FormatError) << size;
  }
}

TEST_F(BlockTest, NoiseIsRefusedOrRoundTrips) {
  std::mt19937 random(2);
  const Bytes good = encode(committed_);
  for (int i = 0; i < 5000; ++i) {
    Bytes bad = good;
    for (int flips = 0; flips < 4; ++flips) {
      bad[random() % bad.size()] = static_cast<std::uint8_t>(random());
    }
    try {
      EXPECT_EQ(encode(decode_committed_block(bad)), bad);
    } catch (const FormatError&) {
    }
  }
}

TEST_F(BlockTest, HashCoversEveryHeaderByteAndNothingElse) {
  const Digest hash = block_hash(committed_.block.header);
  Block other = committed_.block;
  other.proposer_signature.bytes[0] ^= 1U;
  EXPECT_EQ(block_hash(other.header), hash);
  EXPECT_EQ(encode(other.header).size(), 165U);
  ++other.header.round;
  EXPECT_NE(block_hash(other.header), hash);
}

TEST(Quorum, MoreThanTwoThirds) {
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> table{{1, 1}, {2, 2}, {3, 3}, {4, 3},
                                                                   {5, 4}, {6, 5}, {7, 5}, {10, 7}};
  for (const auto& [validators, votes] : table) EXPECT_EQ(quorum(validators), votes) << validators;
}

TEST(ProposerOf, RoundRobinWithoutWrapping) {
  EXPECT_EQ(proposer_of(1, 0, 4), 1U);
  EXPECT_EQ(proposer_of(3, 1, 4), 0U);
  EXPECT_EQ(proposer_of(UINT64_MAX, UINT32_MAX, 3), 0U);
}

}  // namespace
}  // namespace gridtally::ledger
