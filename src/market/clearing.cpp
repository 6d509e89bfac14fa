// Prices of the lower bound (model.md 4): q_u = −λ_uv for every partner v of u at agreement.
#include "market/clearing.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace gridtally::market {

namespace {

/// Disjoint sets of prosumers; the least member stands for its set.
class Components {
 public:
  explicit Components(std::size_t prosumers) : parent_(prosumers) {
    for (std::size_t u = 0; u < prosumers; ++u) parent_[u] = static_cast<std::uint32_t>(u);
  }
  std::uint32_t find(std::uint32_t u) {
    while (parent_[u] != u) u = parent_[u] = parent_[parent_[u]];
    return u;
  }
  void unite(std::uint32_t u, std::uint32_t v) {
    u = find(u);
    v = find(v);
    if (u > v) std::swap(u, v);
    parent_[v] = u;
  }

 private:
  std::vector<std::uint32_t> parent_;
};

// On the complete graph the ring 0, 1, …, U − 1, 0 meets every prosumer as often as any other.
ClearingPrices price_for_all(const Terms& terms, const Iterate& iterate) {
  ClearingPrices prices{terms.slots, {}, std::vector<double>(terms.slots, 0.0)};
  const std::size_t prosumers = terms.prosumers();
  if (prosumers < 2) return prices;
  std::vector<double> lambda(terms.slots);
  for (std::size_t u = 0; u < prosumers; ++u) {
    const std::size_t v = u + 1 < prosumers ? u + 1 : 0;
    read_price(terms, iterate, terms.graph.first(u) + v - (v > u ? 1 : 0), lambda);
    for (std::size_t t = 0; t < terms.slots; ++t) prices.premium[t] -= lambda[t];
  }
  for (auto& q : prices.premium) q /= static_cast<double>(prosumers);
  return prices;
}

// One row a component of the graph, numbered by least members.
ClearingPrices price_by_component(const Terms& terms, const Iterate& iterate) {
  const auto& graph = terms.graph;
  const std::size_t slots = terms.slots;
  Components parts(graph.prosumers());
  for (std::size_t arc = 0; arc < graph.arcs(); ++arc) {
    parts.unite(graph.arc(arc).from, graph.arc(arc).to);
  }
  ClearingPrices prices{slots, {}, {}};
  std::vector<double> arcs;
  for (std::uint32_t u = 0; u < graph.prosumers(); ++u) {
    const bool first = parts.find(u) == u;
    prices.row.push_back(first ? static_cast<std::uint32_t>(arcs.size())
                               : prices.row[parts.find(u)]);
    if (first) arcs.push_back(0.0);
    arcs[prices.row[u]] += static_cast<double>(graph.partners(u));
  }
  prices.premium.assign(arcs.size() * slots, 0.0);
  std::vector<double> lambda(slots);
  for (std::size_t arc = 0; arc < graph.arcs(); ++arc) {
    read_price(terms, iterate, arc, lambda);
    double* q = &prices.premium[prices.row[graph.arc(arc).from] * slots];
    for (std::size_t t = 0; t < slots; ++t) q[t] -= lambda[t];
  }
  for (std::size_t i = 0; i < prices.premium.size(); ++i) {
    if (arcs[i / slots] > 0.0) prices.premium[i] /= arcs[i / slots];
  }
  return prices;
}

// Which prosumers share a price in each slot: joined by a pair that its limit does not hold back.
std::vector<Components> unrestricted_parts(const Terms& terms, const Iterate& iterate) {
  std::vector<Components> parts(terms.slots, Components(terms.prosumers()));
  std::vector<double> trade(terms.slots);
  for (std::size_t index = 0; index < terms.graph.arcs(); ++index) {
    const auto arc = terms.graph.arc(index);
    if (arc.from > arc.to) continue;
    read_trade(terms, iterate, index, trade);
    for (std::size_t t = 0; t < terms.slots; ++t) {
      if (std::abs(trade[t]) < arc.limit) parts[t].unite(arc.from, arc.to);
    }
  }
  return parts;
}

// Σ_v −λ_uv, row-major [prosumers][T].
std::vector<double> sums_over_partners(const Terms& terms, const Iterate& iterate) {
  std::vector<double> sums(terms.prosumers() * terms.slots, 0.0);
  std::vector<double> lambda(terms.slots);
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    read_price(terms, iterate, arc, lambda);
    double* row = &sums[terms.graph.arc(arc).from * terms.slots];
    for (std::size_t t = 0; t < terms.slots; ++t) row[t] -= lambda[t];
  }
  return sums;
}

// One row a prosumer.
ClearingPrices price_under_limits(const Terms& terms, const Iterate& iterate) {
  const std::size_t slots = terms.slots;
  const std::size_t prosumers = terms.prosumers();
  auto parts = unrestricted_parts(terms, iterate);
  const auto own = sums_over_partners(terms, iterate);
  ClearingPrices prices{slots, std::vector<std::uint32_t>(prosumers),
                        std::vector<double>(prosumers * slots, 0.0)};
  for (std::uint32_t u = 0; u < prosumers; ++u) prices.row[u] = u;
  std::vector<double> sum(prosumers);
  std::vector<double> arcs(prosumers);
  for (std::size_t t = 0; t < slots; ++t) {
    sum.assign(prosumers, 0.0);
    arcs.assign(prosumers, 0.0);
    for (std::uint32_t u = 0; u < prosumers; ++u) {
      sum[parts[t].find(u)] += own[u * slots + t];
      arcs[parts[t].find(u)] += static_cast<double>(terms.graph.partners(u));
    }
    for (std::uint32_t u = 0; u < prosumers; ++u) {
      const auto part = parts[t].find(u);
      if (arcs[part] > 0.0) prices.premium[u * slots + t] = sum[part] / arcs[part];
    }
  }
  return prices;
}

}  // namespace

ClearingPrices clearing_prices(const Terms& terms, const Iterate& iterate) {
  if (terms.graph.is_complete()) return price_for_all(terms, iterate);
  if (terms.graph.has_limits()) return price_under_limits(terms, iterate);
  return price_by_component(terms, iterate);
}

double congestion_rent(const Terms& terms, const ClearingPrices& prices) {
  if (!terms.graph.has_limits()) return 0.0;
  double rent = 0.0;
  for (std::size_t index = 0; index < terms.graph.arcs(); ++index) {
    const auto arc = terms.graph.arc(index);
    if (arc.from > arc.to || arc.limit == std::numeric_limits<double>::infinity()) continue;
    const auto buyer = prices.of(arc.from);
    const auto seller = prices.of(arc.to);
    double apart = 0.0;
    for (std::size_t t = 0; t < terms.slots; ++t) apart += std::abs(buyer[t] - seller[t]);
    rent += arc.limit * apart;
  }
  return rent;
}

std::vector<double> premium_payments(const Terms& terms, const ClearingPrices& prices,
                                     std::span<const double> trades,
                                     std::span<const double> net_trades) {
  const std::size_t slots = terms.slots;
  std::vector<double> payments(terms.prosumers(), 0.0);
  if (!terms.graph.has_limits()) {  // partners share q: Σ_v q p'_uv = q s_u
    for (std::size_t i = 0; i < net_trades.size(); ++i) {
      payments[i / slots] += prices.of(i / slots)[i % slots] * net_trades[i];
    }
    return payments;
  }
  for (std::size_t index = 0; index < terms.graph.arcs(); ++index) {
    const auto arc = terms.graph.arc(index);
    if (arc.from > arc.to) continue;
    const auto one = prices.of(arc.from);
    const auto other = prices.of(arc.to);
    double payment = 0.0;
    for (std::size_t t = 0; t < slots; ++t) {
      payment += 0.5 * (one[t] + other[t]) * trades[index * slots + t];
    }
    payments[arc.from] += payment;
    payments[arc.to] -= payment;
  }
  return payments;
}

}  // namespace gridtally::market
