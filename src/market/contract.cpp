// Func C of the paper (Algorithm 1) in two forms that give the same iterates; Func A is in
// dual_update.cpp.
//
//   pairwise (model.md 2):     λ_uv, p'_uv as they stand
//   collapsed (model.md 3 b):  p'_uv = ½(Θ_u − Θ_v),  λ_uv = −ρ/2 (τ_u + τ_v)
#include "market/contract.hpp"

#include <algorithm>

#include "base/crew.hpp"
#include "market/ordered_sum.hpp"
#include "market/partner_sum.hpp"

namespace gridtally::market {

namespace {

// A_u = ½(n_u Θ_u − Σ_v Θ_v) − ½(n_u τ_u + Σ_v τ_v)  (model.md 3 c). On the complete graph the sums
// over partners are the sums over everyone without u's own term.
std::vector<double> collapsed_offers(const Terms& terms, const Community& community,
                                     const Iterate& iterate) {
  const auto& graph = terms.graph;
  const std::size_t slots = terms.slots;
  std::vector<double> both(terms.prosumers() * slots);
  for (std::size_t i = 0; i < both.size(); ++i) both[i] = iterate.second[i] + iterate.first[i];
  std::vector<double> result(both.size());
  const auto set = [&](std::size_t u, std::size_t slot, std::span<const double> sums) {
    const double partners = community.partners(graph, u);
    for (std::size_t t = 0; t < sums.size(); ++t) {
      const std::size_t i = u * slots + slot + t;
      const double own = partners * (iterate.second[i] - iterate.first[i]);
      result[i] = 0.5 * (own - sums[t]);
    }
  };
  if (community.everyone) {
    sum_everyone_else(community.sum(slots, both), 0, terms.prosumers(), both, set);
  } else {
    sum_partners(graph, 0, terms.prosumers(), slots, both, set);
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
  Iterate iterate;
  iterate.first.assign(terms.decision_rows() * terms.slots, 0.0);
  iterate.second = iterate.first;
  iterate.rho = terms.rho;
  return iterate;
}

Community whole(const Terms& terms) {
  const bool everyone = terms.form == Form::collapsed && terms.graph.is_complete();
  return {terms.prosumers(), everyone, [](std::size_t width, std::span<const double> rows) {
            return ordered_sum(width > 0 ? rows.size() / width : 0, width,
                               [&](auto row, auto column) { return rows[row * width + column]; });
          }};
}

bool converged(const Terms& terms, const Iterate& iterate) {
  return iterate.iteration > 0 && iterate.residual < terms.epsilon && iterate.at_rest;
}

void read_price(const Terms& terms, const Iterate& iterate, std::size_t arc,
                std::span<double> out) {
  const auto [u, v, limit] = terms.graph.arc(arc);
  for (std::size_t t = 0; t < terms.slots; ++t) {
    out[t] = terms.form == Form::pairwise
                 ? iterate.first[arc * terms.slots + t]
                 : -0.5 * iterate.rho *
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
  return offers(terms, whole(terms), iterate);
}

std::vector<double> offers(const Terms& terms, const Community& community, const Iterate& iterate) {
  if (terms.form == Form::collapsed) return collapsed_offers(terms, community, iterate);
  std::vector<double> result(terms.prosumers() * terms.slots, 0.0);
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    double* row = &result[terms.graph.arc(arc).from * terms.slots];
    for (std::size_t t = 0; t < terms.slots; ++t) {
      const std::size_t i = arc * terms.slots + t;
      row[t] += iterate.second[i] + iterate.first[i] / iterate.rho;
    }
  }
  return result;
}

std::vector<double> all_trades(const Terms& terms, const Iterate& iterate) {
  std::vector<double> trades(terms.graph.arcs() * terms.slots);
  share_rows(terms.graph.arcs(), terms.slots, [&](std::size_t first, std::size_t last) {
    for (std::size_t arc = first; arc < last; ++arc) {
      read_trade(terms, iterate, arc, std::span(trades).subspan(arc * terms.slots, terms.slots));
    }
  });
  return trades;
}

std::vector<double> net_trades(const Terms& terms, std::span<const double> trades) {
  const std::size_t slots = terms.slots;
  std::vector<double> net(terms.prosumers() * slots, 0.0);
  share_rows(terms.prosumers(), numbers_of_row(terms.graph, slots),
             [&](std::size_t first, std::size_t last) {
               for (std::size_t u = first; u < last; ++u) {
                 double* row = &net[u * slots];
                 for (std::size_t arc = terms.graph.first(u); arc < terms.graph.first(u + 1);
                      ++arc) {
                   for (std::size_t t = 0; t < slots; ++t) row[t] += trades[arc * slots + t];
                 }
               }
             });
  return net;
}

std::vector<double> net_trades(const Terms& terms, const Iterate& iterate) {
  std::vector<double> net(terms.prosumers() * terms.slots, 0.0);
  std::vector<double> trade(terms.slots);
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    read_trade(terms, iterate, arc, trade);
    double* row = &net[terms.graph.arc(arc).from * terms.slots];
    for (std::size_t t = 0; t < terms.slots; ++t) row[t] += trade[t];
  }
  return net;
}

}  // namespace gridtally::market
