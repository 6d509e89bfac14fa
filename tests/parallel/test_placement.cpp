// On any number of ranks. Collectives come first, expectations after them.
#include <gtest/gtest.h>

#include "market/ordered_sum.hpp"
#include "parallel/global_sum.hpp"
#include "parallel/graphs.hpp"
#include "parallel/placement.hpp"

namespace gridtally::parallel {
namespace {

std::vector<int> owners(const Placement& placement) {
  std::vector<int> result;
  for (std::size_t u = 0; u < placement.prosumers(); ++u) result.push_back(placement.owner(u));
  return result;
}

TEST(Placement, InBlocksKeepsBlocksWholeAndInOrder) {
  const auto placement = Placement::in_blocks(7 * 256 + 1, 3);
  std::vector<int> expected(3 * 256, 0);
  expected.insert(expected.end(), 3 * 256, 1);
  expected.insert(expected.end(), 256 + 1, 2);
  EXPECT_EQ(owners(placement), expected);
}

TEST(Placement, InBlocksLeavesRanksIdleWhereBlocksAreFew) {
  const auto placement = Placement::in_blocks(300, 5);
  EXPECT_EQ(placement.owned_by(0).size(), 256U);
  EXPECT_EQ(placement.owned_by(1).size(), 44U);
  for (int rank = 2; rank < 5; ++rank) EXPECT_TRUE(placement.owned_by(rank).empty());
}

TEST(Placement, PlaceIsTheRankAmongTheOwnersProsumers) {
  const Placement placement({1, 0, 1, 1, 0}, 2);
  EXPECT_EQ(placement.place(3), 2U);
  EXPECT_EQ(placement.place(4), 1U);
  EXPECT_EQ(placement.owned_by(1)[2], 3U);
}

TEST(CutPairs, CountsEachPairOnce) {
  const std::vector<market::Arc> pairs{{0, 1}, {1, 2}, {2, 3}, {3, 0}};
  const auto ring = market::PartnerGraph::from_pairs(4, pairs);
  EXPECT_EQ(cut_pairs(ring, Placement({0, 0, 1, 1}, 2)), 2U);
  EXPECT_EQ(cut_pairs(ring, Placement({0, 1, 0, 1}, 2)), 4U);
}

// A ring numbered so that neighbours are far apart: blocks cut it nearly everywhere.
market::PartnerGraph shuffled_ring(std::uint32_t prosumers) {
  std::vector<market::Arc> pairs;
  for (std::uint32_t i = 0; i < prosumers; ++i) {
    pairs.push_back({i * 389 % prosumers, (i + 1) * 389 % prosumers});
  }
  return market::PartnerGraph::from_pairs(prosumers, pairs);
}

TEST(Placement, ByPartnersIsEvenAndCutsFewPairsOfAShuffledRing) {
  constexpr std::uint32_t prosumers = 2000;
  const auto graph = shuffled_ring(prosumers);
  const auto placement = Placement::by_partners(graph, MPI_COMM_WORLD);
  const auto cut = cut_pairs(graph, placement);
  const double even = static_cast<double>(prosumers) / ranks();
  for (int each = 0; each < ranks(); ++each) {
    EXPECT_NEAR(static_cast<double>(placement.owned_by(each).size()), even, 0.1 * prosumers);
  }
  EXPECT_LE(cut, 20U * static_cast<std::size_t>(ranks() - 1));
  if (ranks() > 1) {
    EXPECT_GT(cut_pairs(graph, Placement::in_blocks(prosumers, ranks())), 5 * cut);
  }
}

TEST(GlobalSum, HasTheBitsOfOneProcessForAnyPlacement) {
  constexpr std::size_t width = 3;
  for (const std::size_t prosumers : {1, 5, 256, 1500}) {
    market::Numbers number(static_cast<unsigned>(prosumers));
    const auto all = market::random_row(number, prosumers * width, 1e6);
    const auto expected = market::ordered_sum(
        prosumers, width, [&](auto row, auto column) { return all[row * width + column]; });
    for (const auto& placement : {Placement::in_blocks(prosumers, ranks()), scattered(prosumers)}) {
      std::vector<double> mine;
      for (const auto u : placement.owned_by(rank())) {
        mine.insert(mine.end(), &all[u * width], &all[u * width] + width);
      }
      const auto sum = GlobalSum(placement, MPI_COMM_WORLD)(width, mine);
      EXPECT_EQ(sum, expected) << prosumers;
    }
  }
}

}  // namespace
}  // namespace gridtally::parallel
