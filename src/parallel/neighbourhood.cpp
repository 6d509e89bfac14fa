#include "parallel/neighbourhood.hpp"

#include <algorithm>

namespace gridtally::parallel {

namespace {

std::uint32_t row_of(const std::vector<std::uint32_t>& rows, std::uint32_t u) {
  return static_cast<std::uint32_t>(std::lower_bound(rows.begin(), rows.end(), u) - rows.begin());
}

// Own prosumers and their partners, ascending.
std::vector<std::uint32_t> rows_of(const market::PartnerGraph& whole,
                                   std::span<const std::uint32_t> own) {
  std::vector<char> wanted(whole.prosumers(), 0);
  for (const auto u : own) {
    wanted[u] = 1;
    for (std::size_t arc = whole.first(u); arc < whole.first(u + 1); ++arc) {
      wanted[whole.arc(arc).to] = 1;
    }
  }
  std::vector<std::uint32_t> rows;
  for (std::uint32_t u = 0; u < wanted.size(); ++u) {
    if (wanted[u] != 0) rows.push_back(u);
  }
  return rows;
}

}  // namespace

Neighbourhood::Neighbourhood(const market::PartnerGraph& whole, const Placement& placement,
                             MPI_Comm ranks) {
  int rank = 0;
  MPI_Comm_rank(ranks, &rank);
  const auto own = placement.owned_by(rank);
  const auto rows = rows_of(whole, own);
  std::vector<market::Arc> pairs;
  for (const auto u : own) {
    own_rows_.push_back(row_of(rows, u));
    for (std::size_t index = whole.first(u); index < whole.first(u + 1); ++index) {
      const auto arc = whole.arc(index);
      pairs.push_back({own_rows_.back(), row_of(rows, arc.to), arc.limit});
    }
  }
  graph_ = market::PartnerGraph::part_from_pairs(rows.size(), pairs);
  forest_ = std::make_unique<StarForest>(placement, rows, ranks);
}

void Neighbourhood::exchange(std::size_t width, std::span<const double> own,
                             std::span<double> all) {
  forest_->bring(width, own, all);
}

}  // namespace gridtally::parallel
