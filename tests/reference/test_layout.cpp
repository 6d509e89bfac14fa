#include <gtest/gtest.h>

#include <algorithm>

#include "reference/layout.hpp"

namespace gridtally::reference {
namespace {

MarketNodes three_nodes(std::uint32_t prosumers) {
  MarketNodes market{3, {}, {}};
  for (std::uint32_t u = 0; u < prosumers; ++u) market.node_of.push_back(u % 3);
  return market;
}

TEST(Layout, EveryProsumerHasOneRankAndOneNode) {
  const auto market = three_nodes(100);
  for (const int ranks : {1, 2, 3, 7}) {
    const auto layout = make_layout(market, ranks);
    std::vector<int> seen(100, 0);
    for (int rank = 0; rank < ranks; ++rank) {
      const auto own = layout.prosumers_of(rank);
      for (const auto& chunk : layout.chunks_of(rank)) {
        for (std::size_t i = 0; i < chunk.count; ++i) {
          ++seen[own[chunk.first + i]];
          EXPECT_EQ(market.node_of[own[chunk.first + i]], chunk.node);
        }
      }
    }
    EXPECT_EQ(seen, std::vector<int>(100, 1)) << ranks << " ranks";
  }
}

TEST(Layout, ChunksDoNotDependOnRanks) {
  const auto market = three_nodes(5000);
  const auto one = make_layout(market, 1);
  const auto five = make_layout(market, 5);
  ASSERT_EQ(one.chunks.size(), five.chunks.size());
  for (std::size_t c = 0; c < one.chunks.size(); ++c) {
    EXPECT_EQ(one.chunks[c].first, five.chunks[c].first);
    EXPECT_EQ(one.chunks[c].count, five.chunks[c].count);
  }
}

TEST(Layout, RanksShareEvenly) {
  const auto layout = make_layout({1, std::vector<std::uint32_t>(100'000, 0U), {}}, 3);
  for (int rank = 0; rank < 3; ++rank) {
    EXPECT_NEAR(static_cast<double>(layout.prosumers_of(rank).size()), 100'000.0 / 3.0, 400.0);
  }
}

}  // namespace
}  // namespace gridtally::reference
