#include "parallel/shared_market.hpp"

#include <cmath>
#include <numeric>

#include "base/stopwatch.hpp"

namespace gridtally::parallel {

namespace {

bool sums_over_everyone(const market::Terms& terms) {
  return terms.form == market::Form::collapsed && terms.graph.is_complete();
}

// Σ_v ‖p'_uv − p_uv‖₂ of each of `rows`, in the order of its arcs. `gap(arc, t)` is p'_uv − p_uv.
template <class Gap>
std::vector<double> residuals(const market::Terms& terms, std::span<const std::uint32_t> rows,
                              const Gap& gap) {
  std::vector<double> result;
  for (const auto u : rows) {
    double sum = 0.0;
    for (std::size_t arc = terms.graph.first(u); arc < terms.graph.first(u + 1); ++arc) {
      double square = 0.0;
      for (std::size_t t = 0; t < terms.slots; ++t) square += gap(arc, t) * gap(arc, t);
      sum += std::sqrt(square);
    }
    result.push_back(sum);
  }
  return result;
}

// p_uv = p'_uv + λ_uv/ρ + θ_u (model.md 3 a).
std::vector<double> pair_decisions(const market::Terms& terms, const market::Iterate& iterate,
                                   std::span<const double> theta) {
  std::vector<double> trades(iterate.first.size());
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    const double* row = &theta[terms.graph.arc(arc).from * terms.slots];
    for (std::size_t t = 0; t < terms.slots; ++t) {
      const std::size_t i = arc * terms.slots + t;
      trades[i] = row[t] + (iterate.second[i] + iterate.first[i] / terms.rho);
    }
  }
  return trades;
}

}  // namespace

SharedMarket::SharedMarket(const market::Terms& terms, const Placement& placement, MPI_Comm ranks)
    : terms_(terms), sum_(placement, ranks) {
  int rank = 0;
  MPI_Comm_rank(ranks, &rank);
  local_.form = terms.form;
  local_.slots = terms.slots;
  local_.rho = terms.rho;
  local_.epsilon = terms.epsilon;
  local_.max_iterations = terms.max_iterations;
  local_.p2p_price = terms.p2p_price;
  if (sums_over_everyone(terms)) {
    own_rows_.resize(placement.owned_by(rank).size());
    std::iota(own_rows_.begin(), own_rows_.end(), 0U);
    local_.graph = market::PartnerGraph::part_from_pairs(own_rows_.size(), {});
  } else {
    neighbourhood_.emplace(terms.graph, placement, ranks);
    own_rows_ = neighbourhood_->own_rows();
    local_.graph = neighbourhood_->graph();
  }
  iterate_ = market::initial_iterate(local_);
}

std::vector<double> SharedMarket::everyone(std::span<const double> rows) {
  const Stopwatch watch(seconds_.exchange);
  return sum_(terms_.slots, rows);
}

// On the complete graph Σ_v (Θ_v + θ_v) over u's partners is that over everyone without u's own.
std::vector<double> SharedMarket::offers() {
  if (neighbourhood_) {
    const Stopwatch watch(seconds_.contract);
    return market::offers(local_, iterate_);
  }
  std::vector<double> result(iterate_.first.size());
  {
    const Stopwatch watch(seconds_.contract);
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] = iterate_.second[i] + iterate_.first[i];
    }
  }
  const auto all = everyone(result);
  const Stopwatch watch(seconds_.contract);
  const auto partners = static_cast<double>(terms_.prosumers() - 1);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const double own = partners * (iterate_.second[i] - iterate_.first[i]);
    result[i] = 0.5 * (own - (all[i % local_.slots] - result[i]));
  }
  return result;
}

void SharedMarket::update(std::span<const double> theta) {
  if (neighbourhood_) {
    update_partners(theta);
  } else {
    update_complete(theta);
  }
}

// The bound of model.md 3 d: ½ √N √(2(U−2) Σ‖δ_u‖² + 2‖Σδ_u‖²), N = U(U−1).
void SharedMarket::update_complete(std::span<const double> theta) {
  std::vector<double> change(theta.size());
  std::vector<double> squares(own_rows_.size(), 0.0);
  {
    const Stopwatch watch(seconds_.contract);
    for (std::size_t i = 0; i < theta.size(); ++i) {
      change[i] = theta[i] - iterate_.first[i];
      squares[i / local_.slots] += change[i] * change[i];
    }
    market::dual_update(local_, theta, iterate_);
  }
  const auto sum = everyone(change);
  const Stopwatch watch(seconds_.exchange);
  const double square = sum_(1, squares)[0];
  double square_of_sum = 0.0;
  for (const double value : sum) square_of_sum += value * value;
  const auto size = static_cast<double>(terms_.prosumers());
  iterate_.residual = 0.5 * std::sqrt(size * (size - 1.0)) *
                      std::sqrt(2.0 * (size - 2.0) * square + 2.0 * square_of_sum);
}

void SharedMarket::update_partners(std::span<const double> theta) {
  std::vector<double> rows(local_.prosumers() * local_.slots);
  {
    const Stopwatch watch(seconds_.exchange);
    neighbourhood_->exchange(local_.slots, theta, rows);
  }
  std::vector<double> contributions;
  {
    const Stopwatch watch(seconds_.contract);
    contributions =
        local_.form == market::Form::collapsed ? advance_rows(rows) : advance_pairs(rows);
  }
  const Stopwatch watch(seconds_.exchange);
  iterate_.residual = sum_(1, contributions)[0];
}

// p'_uv − p_uv = −½ (δ_u + δ_v) with δ = θ^k − θ^{k−1} (model.md 3 d).
std::vector<double> SharedMarket::advance_rows(std::span<const double> theta) {
  const auto& graph = local_.graph;
  std::vector<double> change(theta.size());
  for (std::size_t i = 0; i < theta.size(); ++i) change[i] = theta[i] - iterate_.first[i];
  market::dual_update(local_, theta, iterate_);
  return residuals(local_, own_rows_, [&](std::size_t index, std::size_t t) {
    const auto arc = graph.arc(index);
    return 0.5 * (change[arc.from * local_.slots + t] + change[arc.to * local_.slots + t]);
  });
}

std::vector<double> SharedMarket::advance_pairs(std::span<const double> theta) {
  const auto trades = pair_decisions(local_, iterate_, theta);
  market::dual_update(local_, trades, iterate_);
  return residuals(local_, own_rows_, [&](std::size_t arc, std::size_t t) {
    return iterate_.second[arc * local_.slots + t] - trades[arc * local_.slots + t];
  });
}

}  // namespace gridtally::parallel
