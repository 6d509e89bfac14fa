// Algorithm 1 over ranks beside the same loop in one process, with real households. On any number
// of ranks; collectives come first, expectations after them.
#include <gtest/gtest.h>

#include "parallel/graphs.hpp"
#include "parallel/trading.hpp"
#include "scenario/scenario.hpp"

namespace gridtally::parallel {
namespace {

model::Community ring_of_homes(int prosumers) {
  auto community = scenario::generate({prosumers, 2, 3});
  community.partners = market::sparse_graph(static_cast<std::uint32_t>(prosumers));
  return community;
}

market::Terms terms_of(const model::Community& community, int iterations) {
  market::Terms terms;
  terms.rho = 50.0;
  terms.memory = 3;
  terms.max_iterations = iterations;
  terms.p2p_price = community.settings.p2p_price;
  terms.graph = community.partners;
  return terms;
}

model::Community part_of(const model::Community& whole, std::span<const std::uint32_t> own) {
  model::Community part;
  part.settings = whole.settings;
  part.tariff = whole.tariff;
  for (const auto u : own) {
    part.prosumers.push_back(whole.prosumers[u]);
    part.profiles.push_back(whole.profiles[u]);
  }
  return part;
}

admm::Households everyone(const model::Community& community, const market::Terms& terms) {
  std::vector<admm::Household> households;
  for (std::uint32_t u = 0; u < community.size(); ++u) {
    households.push_back(
        {u, terms.graph.partners(u), community.prosumers[u], community.profiles[u]});
  }
  return {std::move(households),
          {terms.slots, community.settings.peak_price, terms.p2p_price, terms.rho,
           community.tariff.grid_price, community.tariff.reserve_price}};
}

std::vector<double> theta_alone(const model::Community& community, const market::Terms& terms,
                                std::size_t day) {
  auto households = everyone(community, terms);
  households.start_day(day);
  auto iterate = market::initial_iterate(terms);
  while (iterate.iteration < terms.max_iterations) {
    households.solve(market::offers(terms, iterate), iterate.rho);
    std::vector<double> theta(community.size() * terms.slots);
    for (std::size_t i = 0; i < theta.size(); ++i) {
      theta[i] = households.theta(i / terms.slots, i % terms.slots);
    }
    market::dual_update(terms, theta, iterate);
  }
  return iterate.first;
}

TEST(Trade, HasTheBitsOfOneProcess) {
  const auto community = ring_of_homes(24);
  const auto terms = terms_of(community, 12);
  const auto placement = scattered(community.size());
  const auto own = placement.owned_by(rank());
  SharedMarket market(terms, placement, MPI_COMM_WORLD);
  auto households = make_households(part_of(community, own), terms, own, market, 0);
  households.start_day(1);
  const auto result = trade(terms, households, market);

  EXPECT_EQ(result.iterations, 12);
  EXPECT_FALSE(result.converged);
  EXPECT_GT(result.residual, 0.0);
  const auto expected = theta_alone(community, terms, 1);
  for (std::size_t i = 0; i < own.size(); ++i) {
    for (std::size_t t = 0; t < terms.slots; ++t) {
      ASSERT_EQ(market.iterate().first[market.own_rows()[i] * terms.slots + t],
                expected[own[i] * terms.slots + t])
          << "prosumer " << own[i] << ", slot " << t;
    }
  }
}

TEST(Trade, StopsWhenTheResidualIsBelowEpsilon) {
  const auto community = ring_of_homes(8);
  auto terms = terms_of(community, 5000);
  terms.epsilon = 1e-3;
  const auto placement = scattered(community.size());
  const auto own = placement.owned_by(rank());
  SharedMarket market(terms, placement, MPI_COMM_WORLD);
  auto households = make_households(part_of(community, own), terms, own, market, 0);
  const auto result = trade(terms, households, market);
  EXPECT_TRUE(result.converged);
  EXPECT_LT(result.residual, 1e-3);
  EXPECT_GT(result.iterations, 10);
  EXPECT_LT(result.iterations, 5000);
}

}  // namespace
}  // namespace gridtally::parallel
