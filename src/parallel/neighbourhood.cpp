#include "parallel/neighbourhood.hpp"

namespace gridtally::parallel {

namespace {

constexpr auto absent = static_cast<std::uint32_t>(-1);

// Own prosumers and their partners, each where a breadth-first walk over the own ones first meets
// it: partners stand close to each other.
std::vector<std::uint32_t> walk(const market::PartnerGraph& whole, const Placement& placement,
                                int rank, std::vector<std::uint32_t>& row_of) {
  std::vector<std::uint32_t> rows;
  const auto meet = [&](std::uint32_t u) {
    if (row_of[u] != absent) return;
    row_of[u] = static_cast<std::uint32_t>(rows.size());
    rows.push_back(u);
  };
  std::size_t next = 0;
  for (const auto start : placement.owned_by(rank)) {
    meet(start);
    for (; next < rows.size(); ++next) {
      const std::uint32_t u = rows[next];
      if (placement.owner(u) != rank) continue;
      for (std::size_t arc = whole.first(u); arc < whole.first(u + 1); ++arc) {
        meet(whole.arc(arc).to);
      }
    }
  }
  return rows;
}

}  // namespace

Neighbourhood::Neighbourhood(const market::PartnerGraph& whole, const Placement& placement,
                             MPI_Comm ranks) {
  int rank = 0;
  MPI_Comm_rank(ranks, &rank);
  const auto own = placement.owned_by(rank);
  std::vector<std::uint32_t> row_of(whole.prosumers(), absent);
  const auto rows = walk(whole, placement, rank, row_of);
  std::vector<market::Arc> pairs;
  for (const auto u : own) {
    own_rows_.push_back(row_of[u]);
    for (std::size_t index = whole.first(u); index < whole.first(u + 1); ++index) {
      const auto arc = whole.arc(index);
      pairs.push_back({own_rows_.back(), row_of[arc.to], arc.limit});
    }
  }
  graph_ = market::PartnerGraph::part_from_pairs(rows, pairs);
  forest_ = std::make_unique<StarForest>(placement, rows, ranks);
}

void Neighbourhood::exchange(std::size_t width, std::span<const double> own,
                             std::span<double> all) {
  forest_->bring(width, own, all);
}

}  // namespace gridtally::parallel
