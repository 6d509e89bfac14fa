#include <gtest/gtest.h>

#include "cluster/genesis_setup.hpp"

namespace gridtally::cluster {
namespace {

model::Community community_of(std::vector<double> grid_price, market::PartnerGraph partners) {
  model::Community community;
  community.settings.p2p_price = 15.0;
  community.tariff.grid_price = std::move(grid_price);
  community.partners = std::move(partners);
  return community;
}

TEST(FirstRho, IsAQuarterOfThePricesDistanceForEachPartner) {
  // |α − π| is 5, 7 and 12: 8 on average; 4 partners: 4 · 8 / 4.
  const auto five = market::PartnerGraph::complete(5);
  EXPECT_EQ(first_rho(community_of({20.0, 8.0, 27.0}, five)), 8.0);
}

TEST(FirstRho, CountsPartnersOnAverage) {
  const std::vector<market::Arc> pairs{{0, 1}, {1, 2}};
  const auto line = market::PartnerGraph::from_pairs(4, pairs);
  EXPECT_EQ(first_rho(community_of({27.0}, line)), 3.0) << "one partner each on average";
}

TEST(FirstRho, IsPositiveWithoutPartnersAndWhereGridAndMarketCostTheSame) {
  EXPECT_EQ(first_rho(community_of({27.0}, market::PartnerGraph::complete(1))), 3.0);
  EXPECT_EQ(first_rho(community_of({15.0}, market::PartnerGraph::complete(3))), 0.5);
}

}  // namespace
}  // namespace gridtally::cluster
