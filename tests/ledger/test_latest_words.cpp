#include <gtest/gtest.h>

#include "ledger/latest_words.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

/// The tiny market's first three blocks, with a byte of some meters' signatures changed.
class LatestWordsTest : public testing::Test {
 protected:
  LatestWordsTest() : market_(1) {
    ContractState state = initial_state(market_.genesis);
    Tip tip(state.run_id);
    for (int i = 0; i < 3; ++i) blocks_.push_back(market_.commit(state, tip).block);
  }

  void forge(std::size_t block, std::uint32_t meter) {
    SignedTransaction& transaction = blocks_[block].transactions[meter];
    Signature signature = transaction.signature();
    signature.bytes[7] ^= 1U;
    transaction = SignedTransaction(transaction.content(), signature);
  }
  void note_all(LatestWords& words) const {
    for (const Block& block : blocks_) words.note(block);
  }
  std::optional<Fault> fault_of(LatestWords words) {
    note_all(words);
    return words.check(market_.genesis, verifier_);
  }

  TinyMarket market_;
  std::vector<Block> blocks_;
  Verifier verifier_{0};
};

TEST_F(LatestWordsTest, OneSignatureAMeterIsChecked) {
  EXPECT_FALSE(fault_of(LatestWords(0, 2)));
  EXPECT_EQ(verifier_.checks_done(), 2U);
}

TEST_F(LatestWordsTest, ALatestWordOfAnotherIsNamed) {
  forge(2, 1);
  const auto fault = fault_of(LatestWords(0, 2));
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->what, "meter signature");
  EXPECT_EQ(fault->height, 3U);
  EXPECT_EQ(fault->meter, 1U);
  EXPECT_EQ(fault->day, 0U);
}

TEST_F(LatestWordsTest, AnEarlierOneIsVouchedFor) {
  forge(0, 0);
  forge(1, 1);
  EXPECT_FALSE(fault_of(LatestWords(0, 2)));
}

TEST_F(LatestWordsTest, OfAMeterThatIsAbsentAnEarlierOneIsTheLatest) {
  forge(1, 1);
  blocks_[2].transactions.pop_back();
  const auto fault = fault_of(LatestWords(0, 2));
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->height, 2U);
}

/// Signed before the block of the word that it follows was made.
TEST_F(LatestWordsTest, ALateOneVouchesForNothingAfterItsOwnTurn) {
  const Transaction early = blocks_[1].transactions[1].content();
  blocks_[2].transactions[1] = sign_transaction(early, market_.meter_keys[1]);
  EXPECT_FALSE(fault_of(LatestWords(0, 2)));
  forge(1, 1);
  const auto fault = fault_of(LatestWords(0, 2));
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->height, 2U);
  EXPECT_EQ(fault->meter, 1U);
  forge(0, 1);
  blocks_[1].transactions.pop_back();
  EXPECT_FALSE(fault_of(LatestWords(0, 2))) << "it was signed over the first block";
}

TEST_F(LatestWordsTest, OtherMetersAreNobodysBusiness) {
  forge(2, 0);
  EXPECT_FALSE(fault_of(LatestWords(1, 1)));
  EXPECT_TRUE(fault_of(LatestWords(0, 1)));
}

TEST_F(LatestWordsTest, ForgetsWhatWasChecked) {
  forge(2, 0);
  LatestWords words(0, 2);
  note_all(words);
  EXPECT_EQ(words.size(), 2U);
  words.forget();
  EXPECT_EQ(words.size(), 0U);
  EXPECT_FALSE(words.check(market_.genesis, verifier_));
  note_all(words);
  EXPECT_TRUE(words.check(market_.genesis, verifier_));
  EXPECT_EQ(words.size(), 0U);
}

}  // namespace
}  // namespace gridtally::ledger
