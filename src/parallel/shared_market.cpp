#include "parallel/shared_market.hpp"

#include <numeric>

#include "base/stopwatch.hpp"

namespace gridtally::parallel {

namespace {

// p_uv = p'_uv + λ_uv/ρ + θ_u (model.md 3 a), as each prosumer's meter says it.
std::vector<double> pair_decisions(const market::Terms& terms, const market::Iterate& iterate,
                                   std::span<const double> theta) {
  std::vector<double> trades(iterate.first.size());
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    const double* row = &theta[terms.graph.arc(arc).from * terms.slots];
    for (std::size_t t = 0; t < terms.slots; ++t) {
      const std::size_t i = arc * terms.slots + t;
      trades[i] = row[t] + (iterate.second[i] + iterate.first[i] / iterate.rho);
    }
  }
  return trades;
}

// All but the graph, of which a rank holds its part.
market::Terms without_graph(const market::Terms& terms) {
  const auto& [form, slots, rho, memory, epsilon, gap, max_iterations, p2p_price, graph] = terms;
  return {form, slots, rho, memory, epsilon, gap, max_iterations, p2p_price, {}};
}

}  // namespace

SharedMarket::SharedMarket(const market::Terms& terms, const Placement& placement, MPI_Comm ranks)
    : local_(without_graph(terms)), community_(market::whole(terms)), sum_(placement, ranks) {
  community_.sum = [this](std::size_t width, std::span<const double> rows) {
    return sum_own(width, rows);
  };
  int rank = 0;
  MPI_Comm_rank(ranks, &rank);
  if (community_.everyone) {
    own_rows_.resize(placement.owned_by(rank).size());
    std::iota(own_rows_.begin(), own_rows_.end(), 0U);
    local_.graph = market::PartnerGraph::part_from_pairs(own_rows_, {});
  } else {
    neighbourhood_.emplace(terms.graph, placement, ranks);
    own_rows_ = neighbourhood_->own_rows();
    local_.graph = neighbourhood_->graph();
  }
  iterate_ = market::initial_iterate(local_);
}

// `rows` are of everyone held here; each prosumer counts once, where it is owned.
std::vector<double> SharedMarket::sum_own(std::size_t width, std::span<const double> rows) {
  const Stopwatch watch(exchange_seconds_);
  exchanges_.meetings += sum_.meetings();
  exchanges_.bytes += sum_.foreign_rows() * width * sizeof(double);
  if (!neighbourhood_) return sum_(width, rows);
  std::vector<double> own;
  own.reserve(own_rows_.size() * width);
  for (const auto row : own_rows_) {
    const auto numbers = rows.subspan(row * width, width);
    own.insert(own.end(), numbers.begin(), numbers.end());
  }
  return sum_(width, own);
}

std::vector<double> SharedMarket::with_partners(std::span<const double> theta) {
  const Stopwatch watch(exchange_seconds_);
  ++exchanges_.meetings;
  exchanges_.bytes += neighbourhood_->foreign_rows() * local_.slots * sizeof(double);
  std::vector<double> rows(local_.prosumers() * local_.slots);
  neighbourhood_->exchange(local_.slots, theta, rows);
  return rows;
}

std::vector<double> SharedMarket::offers() {
  const Stopwatch watch(seconds_);
  return market::offers(local_, community_, iterate_);
}

void SharedMarket::update(std::span<const double> theta) {
  const Stopwatch watch(seconds_);
  if (!neighbourhood_) {
    market::dual_update(local_, community_, theta, iterate_);
    return;
  }
  const auto rows = with_partners(theta);
  if (local_.form == market::Form::collapsed) {
    market::dual_update(local_, community_, rows, iterate_);
  } else {
    market::dual_update(local_, community_, pair_decisions(local_, iterate_, rows), iterate_);
  }
}

}  // namespace gridtally::parallel
