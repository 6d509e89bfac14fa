#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>

#include "base/crew.hpp"
#include "base/error.hpp"
#include "ledger/block.hpp"
#include "ledger/chain.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

class BlockTest : public testing::Test {
 protected:
  BlockTest() : market_(4), state_(initial_state(market_.genesis)), run_(state_.run_id) {
    Tip tip(run_);
    committed_ = market_.commit(state_, tip);
  }
  std::optional<Fault> check(const CommittedBlock& committed) {
    ContractState state = initial_state(market_.genesis);
    Tip tip(run_);
    return check_block(market_.genesis, committed, tip, state, verifier_);
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

std::string refusal_of(ByteView block) {
  try {
    (void)decode_block(block);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "";
}

// Rows of a large block, which helpers share: who they are does not show, and neither does what one
// of them refuses.
TEST_F(BlockTest, HelpersDecodeTheSame) {
  constexpr std::size_t numbers = 20'000;
  Block block = committed_.block;
  const auto signer = SecretKey::generate();
  for (std::uint32_t meter = 0; meter < 9; ++meter) {
    auto transaction = make_transaction(run_, block.header.turn, block.header.parent, meter);
    transaction.decisions.push_back({meter, std::vector<double>(numbers, 0.5 + meter), {}});
    block.transactions.push_back(sign_transaction(std::move(transaction), signer));
  }
  const Bytes good = encode(block);
  Bytes bad = good;
  for (std::size_t i = 0; i < block.transactions.size(); ++i) {  // each version another
    const auto one = encode(block.transactions[i]);
    const auto at = std::search(good.begin(), good.end(), one.begin(), one.end()) - good.begin();
    bad[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(100 + i);
  }
  const auto first = refusal_of(bad);
  EXPECT_NE(first.find("version 100"), std::string::npos) << first;
  Crew helpers(3);
  for (const bool helped : {false, true}) {
    std::optional<LentCrew> lent;
    if (helped) lent.emplace(helpers);
    EXPECT_EQ(decode_block(good), block) << helped;
    for (int again = 0; again < 20; ++again) EXPECT_EQ(refusal_of(bad), first) << helped;
  }
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
  EXPECT_EQ(encode(other.header).size(), 197U);
  ++other.header.round;
  EXPECT_NE(block_hash(other.header), hash);
}

TEST(Quorum, MoreThanTwoThirds) {
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> table{{1, 1}, {2, 2}, {3, 3}, {4, 3},
                                                                   {5, 4}, {6, 5}, {7, 5}, {10, 7}};
  for (const auto& [validators, votes] : table) EXPECT_EQ(quorum(validators), votes) << validators;
}

}  // namespace
}  // namespace gridtally::ledger
