// Func A and Func C of the paper (Algorithm 1), in two forms that give the same iterates.
//
//   pairwise (model.md 2):     p'_uv ← ½(p_uv − p_vu) − (λ_uv − λ_vu)/(2ρ)
//                              λ_uv ← λ_uv + ρ(p'_uv − p_uv)
//
//   collapsed (model.md 3 b):  Θ_u ← Θ_u + θ_u
//                              p'_uv = ½(Θ_u − Θ_v),  λ_uv = −ρ/2 (θ_u + θ_v)
#include "market/contract.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "market/ordered_sum.hpp"

namespace gridtally::market {

namespace {

double clipped(double value, double limit) { return std::min(std::max(value, -limit), limit); }

// Σ over ordered pairs of ‖½(δ_u + δ_v)‖₂, δ = θ^k − θ^{k−1} (model.md 3 d).
double collapsed_residual(const Terms& terms, std::span<const double> change) {
  const auto& graph = terms.graph;
  double sum = 0.0;
  for (std::size_t arc = 0; arc < graph.arcs(); ++arc) {
    const auto [u, v, limit] = graph.arc(arc);
    if (u > v) continue;
    const double* du = &change[u * terms.slots];
    const double* dv = &change[v * terms.slots];
    double square = 0.0;
    for (std::size_t t = 0; t < terms.slots; ++t) {
      const double gap = 0.5 * (du[t] + dv[t]);
      square += gap * gap;
    }
    sum += 2.0 * std::sqrt(square);
  }
  return sum;
}

void collapsed_update(const Terms& terms, std::span<const double> theta, Iterate& iterate) {
  std::vector<double> change(theta.size());
  for (std::size_t i = 0; i < theta.size(); ++i) {
    change[i] = theta[i] - iterate.first[i];
    iterate.second[i] += theta[i];
    iterate.first[i] = theta[i];
  }
  iterate.residual = collapsed_residual(terms, change);
}

void pairwise_update(const Terms& terms, std::span<const double> trade, Iterate& iterate) {
  const auto& graph = terms.graph;
  auto& lambda = iterate.first;
  auto& mirrored = iterate.second;
  const std::size_t slots = terms.slots;
  for (std::size_t uv = 0; uv < graph.arcs(); ++uv) {
    const auto [u, v, limit] = graph.arc(uv);
    if (u > v) continue;
    const std::size_t vu = graph.mirror(uv);
    for (std::size_t t = 0; t < slots; ++t) {
      const std::size_t i = uv * slots + t;
      const std::size_t j = vu * slots + t;
      const double agreed =
          0.5 * (trade[i] - trade[j]) - (lambda[i] - lambda[j]) / (2.0 * terms.rho);
      mirrored[i] = clipped(agreed, limit);
      mirrored[j] = -mirrored[i];
    }
  }
  iterate.residual = 0.0;
  for (std::size_t uv = 0; uv < graph.arcs(); ++uv) {
    double square = 0.0;
    for (std::size_t i = uv * slots; i < (uv + 1) * slots; ++i) {
      const double gap = mirrored[i] - trade[i];
      lambda[i] += terms.rho * gap;
      square += gap * gap;
    }
    iterate.residual += std::sqrt(square);
  }
}

// A_u = ½(n_u Θ_u − Σ_v Θ_v) − ½(n_u θ_u + Σ_v θ_v)  (model.md 3 c). On the complete graph the sums
// over partners are the sums over everyone without u's own term.
std::vector<double> collapsed_offers(const Terms& terms, const Iterate& iterate) {
  const auto& graph = terms.graph;
  const std::size_t slots = terms.slots;
  std::vector<double> result(terms.prosumers() * slots);
  const bool complete = graph.is_complete();
  const auto all = ordered_sum(complete ? graph.prosumers() : 0, slots, [&](auto u, auto t) {
    return iterate.second[u * slots + t] + iterate.first[u * slots + t];
  });
  std::vector<double> sum(slots);
  for (std::size_t u = 0; u < terms.prosumers(); ++u) {
    const double* theta = &iterate.first[u * slots];
    const double* theta_sum = &iterate.second[u * slots];
    for (std::size_t t = 0; t < slots; ++t) sum[t] = all[t] - (theta_sum[t] + theta[t]);
    if (!complete) {
      std::fill(sum.begin(), sum.end(), 0.0);
      for (std::size_t arc = graph.first(u); arc < graph.first(u + 1); ++arc) {
        const std::size_t row = graph.arc(arc).to * slots;
        for (std::size_t t = 0; t < slots; ++t) {
          sum[t] += iterate.second[row + t] + iterate.first[row + t];
        }
      }
    }
    const auto partners = static_cast<double>(graph.partners(u));
    for (std::size_t t = 0; t < slots; ++t) {
      result[u * slots + t] = 0.5 * (partners * (theta_sum[t] - theta[t]) - sum[t]);
    }
  }
  return result;
}

}  // namespace

std::string_view name(Form form) { return form == Form::collapsed ? "collapsed" : "pairwise"; }

std::size_t Terms::decision_size(std::size_t u) const {
  return form == Form::collapsed ? slots : graph.partners(u) * slots;
}

std::size_t Terms::decision_offset(std::size_t u) const {
  return (form == Form::collapsed ? u : graph.first(u)) * slots;
}

Iterate initial_iterate(const Terms& terms) {
  const std::vector<double> zero(terms.decision_rows() * terms.slots, 0.0);
  return {0, zero, zero, 0.0};
}

void dual_update(const Terms& terms, std::span<const double> decisions, Iterate& iterate) {
  if (decisions.size() != terms.decision_rows() * terms.slots) {
    throw Error("Func A got " + std::to_string(decisions.size()) + " numbers instead of " +
                std::to_string(terms.decision_rows() * terms.slots));
  }
  if (terms.form == Form::collapsed) {
    collapsed_update(terms, decisions, iterate);
  } else {
    pairwise_update(terms, decisions, iterate);
  }
  ++iterate.iteration;
}

bool converged(const Terms& terms, const Iterate& iterate) {
  return iterate.iteration > 0 && iterate.residual < terms.epsilon;
}

void read_price(const Terms& terms, const Iterate& iterate, std::size_t arc,
                std::span<double> out) {
  const auto [u, v, limit] = terms.graph.arc(arc);
  for (std::size_t t = 0; t < terms.slots; ++t) {
    out[t] = terms.form == Form::pairwise
                 ? iterate.first[arc * terms.slots + t]
                 : -0.5 * terms.rho *
                       (iterate.first[u * terms.slots + t] + iterate.first[v * terms.slots + t]);
  }
}

void read_trade(const Terms& terms, const Iterate& iterate, std::size_t arc,
                std::span<double> out) {
  const auto [u, v, limit] = terms.graph.arc(arc);
  for (std::size_t t = 0; t < terms.slots; ++t) {
    out[t] =
        terms.form == Form::pairwise
            ? iterate.second[arc * terms.slots + t]
            : 0.5 * (iterate.second[u * terms.slots + t] - iterate.second[v * terms.slots + t]);
  }
}

std::vector<double> offers(const Terms& terms, const Iterate& iterate) {
  if (terms.form == Form::collapsed) return collapsed_offers(terms, iterate);
  std::vector<double> result(terms.prosumers() * terms.slots, 0.0);
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    double* row = &result[terms.graph.arc(arc).from * terms.slots];
    for (std::size_t t = 0; t < terms.slots; ++t) {
      const std::size_t i = arc * terms.slots + t;
      row[t] += iterate.second[i] + iterate.first[i] / terms.rho;
    }
  }
  return result;
}

std::vector<double> all_trades(const Terms& terms, const Iterate& iterate) {
  std::vector<double> trades(terms.graph.arcs() * terms.slots);
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    read_trade(terms, iterate, arc, std::span(trades).subspan(arc * terms.slots, terms.slots));
  }
  return trades;
}

std::vector<double> net_trades(const Terms& terms, std::span<const double> trades) {
  std::vector<double> net(terms.prosumers() * terms.slots, 0.0);
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    double* row = &net[terms.graph.arc(arc).from * terms.slots];
    for (std::size_t t = 0; t < terms.slots; ++t) row[t] += trades[arc * terms.slots + t];
  }
  return net;
}

}  // namespace gridtally::market
