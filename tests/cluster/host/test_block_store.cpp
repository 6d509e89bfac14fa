#include <gtest/gtest.h>

#include "cluster/block_store.hpp"

namespace gridtally::cluster {
namespace {

Post::Contents of_size(std::size_t bytes) {
  return std::make_shared<const ledger::Bytes>(bytes, std::uint8_t{7});
}

BlockStore blocks_1_to(std::uint64_t last) {
  BlockStore store;
  for (std::uint64_t height = 1; height <= last; ++height) store.add(height, of_size(height));
  return store;
}

TEST(BlockStore, FindsWhatWasAdded) {
  const BlockStore store = blocks_1_to(3);
  ASSERT_NE(store.find(2), nullptr);
  EXPECT_EQ(store.find(2)->size(), 2U);
  EXPECT_EQ(store.find(0), nullptr);
  EXPECT_EQ(store.find(4), nullptr);
}

TEST(BlockStore, ForgetsUpToAHeight) {
  BlockStore store = blocks_1_to(10);
  store.forget(4);
  EXPECT_EQ(store.find(4), nullptr);
  EXPECT_NE(store.find(5), nullptr);
  EXPECT_EQ(store.bytes(), 5U + 6 + 7 + 8 + 9 + 10);
}

TEST(BlockStore, KeepsTheLastFourBlocksWhateverIsForgotten) {
  BlockStore store = blocks_1_to(10);
  store.forget(100);
  EXPECT_EQ(store.find(6), nullptr);
  for (std::uint64_t height = 7; height <= 10; ++height) EXPECT_NE(store.find(height), nullptr);
}

TEST(BlockStore, CountsABlockOnce) {
  BlockStore store = blocks_1_to(2);
  store.add(2, of_size(50));
  EXPECT_EQ(store.bytes(), 3U);
  EXPECT_EQ(store.find(2)->size(), 2U);
}

TEST(BlockStore, IsFullWithMoreThanEightMebibytesAndMoreThanABlockAValidator) {
  constexpr std::size_t mebibyte = std::size_t{1} << 20U;
  BlockStore large;
  for (std::uint64_t height = 1; height <= 7; ++height) large.add(height, of_size(3 * mebibyte));
  EXPECT_FALSE(large.is_full(7));
  EXPECT_TRUE(large.is_full(6));
  EXPECT_TRUE(large.is_full(1));
  BlockStore small;
  for (std::uint64_t height = 1; height <= 64; ++height) small.add(height, of_size(mebibyte / 8));
  EXPECT_FALSE(small.is_full(4));
  small.add(65, of_size(1));
  EXPECT_TRUE(small.is_full(4));
  small.forget(1);
  EXPECT_FALSE(small.is_full(4));
}

TEST(BlockStore, IsNotFullOfThoseItAlwaysKeeps) {
  BlockStore store;
  for (std::uint64_t height = 1; height <= 4; ++height) store.add(height, of_size(4U << 20U));
  EXPECT_FALSE(store.is_full(1));
}

}  // namespace
}  // namespace gridtally::cluster
