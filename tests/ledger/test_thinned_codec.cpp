#include <gtest/gtest.h>

#include "base/error.hpp"
#include "ledger/thinned_codec.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

Block thinned_block() {
  const TinyMarket market(4);
  ContractState state = initial_state(market.genesis);
  Tip tip(state.run_id);
  const auto joining = test_key(9).public_key();
  Block block = market.commit(state, tip, {market.ballot(1, joining, true)}).block;
  for (auto& transaction : block.transactions) {
    Transaction content = transaction.content();
    content.decisions.clear();
    transaction = {content, transaction.rows_root(), transaction.signature()};
  }
  return block;
}

TEST(ThinnedCodec, BlocksAndDaysComeBack) {
  const Block block = thinned_block();
  EXPECT_TRUE(lacks_decisions(block));
  EXPECT_EQ(decode_thinned_block(encode_thinned(block)), block);
  const ThinnedDay day{7, {{1, 2, 3}, {0.5, -1.0}, {2.0}}};
  const ThinnedDay found = decode_thinned_day(encode(day));
  EXPECT_EQ(found.iterations, 7U);
  EXPECT_EQ(found.carried, day.carried);
}

TEST(ThinnedCodec, CutBytesAreRefused) {
  const Bytes block = encode_thinned(thinned_block());
  const Bytes day = encode(ThinnedDay{7, {{1, 2, 3}, {0.5, -1.0}, {2.0}}});
  for (std::size_t size = 0; size < block.size(); ++size) {
    EXPECT_THROW(decode_thinned_block(ByteView(block).first(size)), FormatError) << size;
  }
  for (std::size_t size = 0; size < day.size(); ++size) {
    EXPECT_THROW(decode_thinned_day(ByteView(day).first(size)), FormatError) << size;
  }
}

}  // namespace
}  // namespace gridtally::ledger
