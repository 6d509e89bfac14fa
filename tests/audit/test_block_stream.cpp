#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "archive/synthetic_chain.hpp"
#include "audit/block_stream.hpp"
#include "base/test_folder.hpp"

namespace gridtally::audit {
namespace {

using archive::testing::ChainSize;

class BlockStreams : public ::testing::TestWithParam<std::size_t> {
 protected:
  BlockStreams() {
    ChainSize size;
    size.days = 2;
    size.iterations = 9;
    const auto chain = archive::testing::make_chain(size);
    for (const auto& day : chain.days) blocks_ += day.size();
    archive::testing::write_chain(folder_ / "archive", chain, chain.days.size());
    reader_.emplace(folder_ / "archive");
  }

  TestFolder folder_;
  std::uint64_t blocks_ = 0;
  std::optional<archive::ArchiveReader> reader_;
};

// As an audit does: two in hand, the first given back for a third.
TEST_P(BlockStreams, GiveEveryBlockInOrder) {
  BlockStream stream(*reader_, 2, GetParam());
  std::uint64_t height = 0;
  std::unique_ptr<Batch> done;
  auto current = stream.next();
  while (current) {
    auto next = stream.next(std::move(done));
    for (const auto& block : current->blocks) {
      EXPECT_EQ(block.block.header.turn.height, ++height);
    }
    done = std::exchange(current, std::move(next));
  }
  EXPECT_EQ(height, blocks_);
  EXPECT_TRUE(reader_->faults().empty());
}

TEST_P(BlockStreams, StopWhileNoMoreMayBeRead) {
  std::unique_ptr<Batch> first;
  std::unique_ptr<Batch> second;
  {
    BlockStream stream(*reader_, 1, GetParam());
    first = stream.next();
    second = stream.next();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(first->blocks.at(0).block.header.turn.height, 1U);
  EXPECT_EQ(second->blocks.at(0).block.header.turn.height, 2U);
  const auto after = reader_->next();
  ASSERT_TRUE(after);
  EXPECT_GT(after->block.header.turn.height, 2U);
  EXPECT_LE(after->block.header.turn.height, GetParam() + 1) << "more were read than may be held";
}

INSTANTIATE_TEST_SUITE_P(Most, BlockStreams, ::testing::Values(2, 3, 4));

}  // namespace
}  // namespace gridtally::audit
