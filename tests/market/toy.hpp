#pragma once

#include "market/contract.hpp"
#include "market/random_market.hpp"

namespace gridtally::market {

/// Prosumers whose cost is ½ c (s − wish)² a slot: the primal step has a closed form.
struct Toy {
  static constexpr std::size_t slots = 5;
  std::vector<double> weight;
  std::vector<double> wish;

  Toy(std::size_t prosumers, unsigned seed) {
    Numbers number(seed);
    for (std::size_t i = 0; i < prosumers * slots; ++i) {
      weight.push_back(number(0.2, 30.0));
      wish.push_back(number(-4.0, 4.0));
    }
  }

  /// θ = (s − A)/n with s the minimum of ½ c (s − wish)² + ρ/(2n) (s − A)²; 0 without partners.
  [[nodiscard]] std::vector<double> theta(const Terms& terms, const Iterate& iterate) const {
    auto result = offers(terms, iterate);
    for (std::size_t i = 0; i < result.size(); ++i) {
      const auto n = static_cast<double>(terms.graph.partners(i / slots));
      const double pull = iterate.rho / n;
      const double s = (weight[i] * wish[i] + pull * result[i]) / (weight[i] + pull);
      result[i] = n > 0.0 ? (s - result[i]) / n : 0.0;
    }
    return result;
  }

  /// The decisions of the form: θ, or p_uv = p'_uv + λ_uv/ρ + θ_u.
  [[nodiscard]] std::vector<double> decide(const Terms& terms, const Iterate& iterate) const {
    const auto row = theta(terms, iterate);
    if (terms.form == Form::collapsed) return row;
    std::vector<double> trades(terms.graph.arcs() * slots);
    for (std::size_t i = 0; i < trades.size(); ++i) {
      const std::size_t u = terms.graph.arc(i / slots).from;
      trades[i] = iterate.second[i] + iterate.first[i] / iterate.rho + row[u * slots + i % slots];
    }
    return trades;
  }

  /// The iterate at which the stop test passes, or that after `most` iterations.
  [[nodiscard]] Iterate run(const Terms& terms, int most = 20'000) const {
    Iterate iterate = initial_iterate(terms);
    while (!converged(terms, iterate) && iterate.iteration < most) {
      dual_update(terms, decide(terms, iterate), iterate);
    }
    return iterate;
  }
};

inline Terms toy_terms(Form form, const PartnerGraph& graph, std::uint32_t memory = 0) {
  Terms terms;
  terms.form = form;
  terms.slots = Toy::slots;
  terms.rho = 7.0;
  terms.memory = memory;
  terms.p2p_price = 11.0;
  terms.graph = graph;
  return terms;
}

}  // namespace gridtally::market
