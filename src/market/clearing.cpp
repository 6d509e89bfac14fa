// Prices of the lower bound (model.md 4): at agreement q_u = −λ_uv = ρ θ_u for every partner v of
// u.
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

/// Weighted means of node prices, one a part of the community in one slot.
class Mean {
 public:
  void add(double price, double change) {
    const double weight = 1.0 / (change * change + least_change * least_change);
    sum_ += weight * price;
    weights_ += weight;
  }
  [[nodiscard]] double value() const { return weights_ > 0.0 ? sum_ / weights_ : 0.0; }

 private:
  // [cents/kWh] Changes below this are rounding; a node that is at rest beside others that slide by
  // 1e-6 then weighs 1e8 times as much as one of them.
  static constexpr double least_change = 1e-10;
  double sum_ = 0.0;
  double weights_ = 0.0;
};

/// Node prices of two primal steps.
struct Nodes {
  std::span<const double> now;
  std::span<const double> before;
  void add_to(Mean& mean, std::size_t i) const {
    mean.add(now[i], before.empty() ? 1.0 : now[i] - before[i]);
  }
};

// One row for each part of the community that shares all its slots' prices.
ClearingPrices price_by_part(const Terms& terms, const Nodes& nodes, std::vector<std::uint32_t> row,
                             std::size_t rows) {
  const std::size_t slots = terms.slots;
  std::vector<Mean> means(rows * slots);
  for (std::size_t i = 0; i < nodes.now.size(); ++i) {
    const std::size_t u = i / slots;
    if (terms.graph.partners(u) == 0) continue;
    nodes.add_to(means[(row.empty() ? 0 : row[u]) * slots + i % slots], i);
  }
  ClearingPrices prices{slots, std::move(row), {}};
  for (const auto& mean : means) prices.premium.push_back(mean.value());
  return prices;
}

// Components of the graph, numbered by least members.
ClearingPrices price_by_component(const Terms& terms, const Nodes& nodes) {
  const auto& graph = terms.graph;
  Components parts(graph.prosumers());
  for (std::size_t arc = 0; arc < graph.arcs(); ++arc) {
    parts.unite(graph.arc(arc).from, graph.arc(arc).to);
  }
  std::vector<std::uint32_t> row;
  std::uint32_t rows = 0;
  for (std::uint32_t u = 0; u < graph.prosumers(); ++u) {
    const auto least = parts.find(u);
    row.push_back(least == u ? rows++ : row[least]);
  }
  return price_by_part(terms, nodes, std::move(row), rows);
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

// One row a prosumer.
ClearingPrices price_under_limits(const Terms& terms, const Iterate& iterate, const Nodes& nodes) {
  const std::size_t slots = terms.slots;
  const std::size_t prosumers = terms.prosumers();
  auto parts = unrestricted_parts(terms, iterate);
  ClearingPrices prices{slots, std::vector<std::uint32_t>(prosumers),
                        std::vector<double>(prosumers * slots, 0.0)};
  for (std::uint32_t u = 0; u < prosumers; ++u) prices.row[u] = u;
  std::vector<Mean> means;
  for (std::size_t t = 0; t < slots; ++t) {
    means.assign(prosumers, Mean{});
    for (std::uint32_t u = 0; u < prosumers; ++u) {
      nodes.add_to(means[parts[t].find(u)], u * slots + t);
    }
    for (std::uint32_t u = 0; u < prosumers; ++u) {
      if (terms.graph.partners(u) == 0) continue;
      prices.premium[u * slots + t] = means[parts[t].find(u)].value();
    }
  }
  return prices;
}

}  // namespace

std::vector<double> node_prices(const Terms& terms, const Iterate& answered,
                                std::span<const double> decisions) {
  const double rho = answered.rho;
  const std::size_t slots = terms.slots;
  std::vector<double> prices(terms.prosumers() * slots, 0.0);
  for (std::size_t u = 0; u < terms.prosumers(); ++u) {
    if (terms.graph.partners(u) == 0) continue;
    const std::size_t first = terms.decision_offset(u);
    for (std::size_t t = 0; t < slots; ++t) {
      const std::size_t i = first + t;
      // collapsed: θ_u itself; pairwise: θ_u = p_uv − p'_uv − λ_uv/ρ of its first partner.
      double theta = decisions[i];
      if (terms.form == Form::pairwise) theta -= answered.second[i] + answered.first[i] / rho;
      prices[u * slots + t] = rho * theta;
    }
  }
  return prices;
}

ClearingPrices clearing_prices(const Terms& terms, const Iterate& iterate,
                               std::span<const double> now, std::span<const double> before) {
  const Nodes nodes{now, before};
  if (terms.graph.is_complete()) return price_by_part(terms, nodes, {}, 1);
  if (terms.graph.has_limits()) return price_under_limits(terms, iterate, nodes);
  return price_by_component(terms, nodes);
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
