#pragma once

#include <mpi.h>

#include "market/random_market.hpp"
#include "parallel/placement.hpp"

namespace gridtally::parallel {

inline int rank() {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

inline int ranks() {
  int ranks = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  return ranks;
}

/// Neighbours in the order of their numbers trade on different ranks wherever there are two.
inline Placement scattered(std::size_t prosumers) {
  std::vector<int> owner;
  for (std::size_t u = 0; u < prosumers; ++u)
    owner.push_back(static_cast<int>(u * 7 % 11) % ranks());
  return {std::move(owner), ranks()};
}

/// A ring with chords, every third pair limited.
inline market::PartnerGraph limited_graph(std::uint32_t prosumers) {
  std::vector<market::Arc> pairs;
  for (std::uint32_t u = 0; u < prosumers; ++u) {
    pairs.push_back({u, (u + 1) % prosumers});
    pairs.push_back({u, (u + 5) % prosumers});
    if (u % 3 == 0) pairs[pairs.size() - 2].limit = 0.3;
  }
  return market::PartnerGraph::from_pairs(prosumers, pairs);
}

/// Cliques of four that do not know each other: each alone looks like a complete graph.
inline market::PartnerGraph separate_cliques(std::uint32_t prosumers) {
  std::vector<market::Arc> pairs;
  for (std::uint32_t u = 0; u < prosumers; ++u) {
    for (std::uint32_t v = u + 1; v < std::min(prosumers, u / 4 * 4 + 4); ++v) {
      pairs.push_back({u, v});
    }
  }
  return market::PartnerGraph::from_pairs(prosumers, pairs);
}

/// A ring of all but prosumer 2, who has no partner.
inline market::PartnerGraph with_isolated_prosumer(std::uint32_t prosumers) {
  std::vector<market::Arc> pairs;
  for (std::uint32_t u = 0; u < prosumers; ++u) {
    const std::uint32_t v = (u + 1) % prosumers == 2 ? 3 : (u + 1) % prosumers;
    if (u != 2) pairs.push_back({u, v});
  }
  return market::PartnerGraph::from_pairs(prosumers, pairs);
}

}  // namespace gridtally::parallel
