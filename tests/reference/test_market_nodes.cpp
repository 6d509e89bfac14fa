#include <gtest/gtest.h>

#include "reference/market_nodes.hpp"

namespace gridtally::reference {
namespace {

using market::PartnerGraph;

TEST(MarketNodes, CompleteGraphIsOneNode) {
  const auto market = market_nodes(PartnerGraph::complete(4));
  EXPECT_EQ(market.nodes, 1U);
  EXPECT_EQ(market.node_of, std::vector<std::uint32_t>(4, 0U));
  EXPECT_TRUE(market.lines.empty());
}

TEST(MarketNodes, PairsWithoutLimitMakeNodesOfEachPart) {
  const std::vector<market::Arc> pairs{{4, 0}, {1, 3}, {0, 5}};
  const auto market = market_nodes(PartnerGraph::from_pairs(6, pairs));
  EXPECT_EQ(market.nodes, 3U);
  EXPECT_EQ(market.node_of, (std::vector<std::uint32_t>{0, 1, 2, 1, 0, 0}));
}

TEST(MarketNodes, LimitsJoinNodesAndAddUpInParallel) {
  const std::vector<market::Arc> pairs{{0, 1}, {2, 3}, {0, 2, 0.5}, {3, 1, 0.25}, {0, 3, 0.0}};
  const auto market = market_nodes(PartnerGraph::from_pairs(4, pairs));
  ASSERT_EQ(market.nodes, 2U);
  ASSERT_EQ(market.lines.size(), 1U);
  EXPECT_EQ(market.lines[0].from, 0U);
  EXPECT_EQ(market.lines[0].to, 1U);
  EXPECT_EQ(market.lines[0].limit, 0.75);
}

TEST(MarketNodes, LimitInsideANodeSaysNothing) {
  const std::vector<market::Arc> pairs{{0, 1}, {1, 2}, {0, 2, 0.1}};
  const auto market = market_nodes(PartnerGraph::from_pairs(3, pairs));
  EXPECT_EQ(market.nodes, 1U);
  EXPECT_TRUE(market.lines.empty());
}

}  // namespace
}  // namespace gridtally::reference
