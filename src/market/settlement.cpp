// From the last iterate to trades that everyone can serve, and their bills (model.md 4).
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <mutex>

#include "base/crew.hpp"
#include "market/contract.hpp"

namespace gridtally::market {

namespace {

void set_pair(const PartnerGraph& graph, std::size_t slots, std::size_t arc, std::size_t t,
              double trade, std::span<double> trades) {
  trades[arc * slots + t] = trade;
  trades[graph.mirror(arc) * slots + t] = -trade;
}

// Moves u's net trade in slot t by `change` through the partner with the largest trade in the
// opposite direction; without one, through the partner with the largest trade in the same
// direction. What one pair cannot carry is left for the next round.
void move_net_trade(const Terms& terms, std::size_t u, std::size_t t, double change,
                    std::span<double> trades) {
  const auto& graph = terms.graph;
  std::size_t best_against = graph.arcs();
  std::size_t best_along = graph.arcs();
  double against = 0.0;
  double along = 0.0;
  const double sign = change > 0.0 ? 1.0 : -1.0;
  for (std::size_t arc = graph.first(u); arc < graph.first(u + 1); ++arc) {
    const double signed_trade = sign * trades[arc * terms.slots + t];
    if (-signed_trade > against) {
      against = -signed_trade;
      best_against = arc;
    }
    if (signed_trade > along && signed_trade < graph.arc(arc).limit) {
      along = signed_trade;
      best_along = arc;
    }
  }
  const double size = sign * change;
  if (best_against < graph.arcs()) {
    set_pair(graph, terms.slots, best_against, t, -sign * (against - std::min(size, against)),
             trades);
  } else if (best_along < graph.arcs()) {
    set_pair(graph, terms.slots, best_along, t,
             sign * std::min(along + size, graph.arc(best_along).limit), trades);
  }
}

// Nearest integer, halves away from zero; within ±`most`, and 0 for what is no number, so that sums
// over all pairs stay whole whatever the meters claimed.
std::int64_t rounded(double value, double most) {
  if (!(std::abs(value) < most)) value = value > 0.0 ? most : value < 0.0 ? -most : 0.0;
  return static_cast<std::int64_t>(value < 0.0 ? value - 0.5 : value + 0.5);
}

}  // namespace

void repair_trades(const Terms& terms, std::span<const double> change, std::span<double> trades) {
  for (std::size_t u = 0; u < terms.prosumers(); ++u) {
    for (std::size_t t = 0; t < terms.slots; ++t) {
      const double wanted = change[u * terms.slots + t];
      if (wanted != 0.0) move_net_trade(terms, u, t, wanted, trades);
    }
  }
}

void cancel_trades(const Terms& terms, std::size_t u, std::span<double> trades) {
  const auto& graph = terms.graph;
  for (std::size_t arc = graph.first(u); arc < graph.first(u + 1); ++arc) {
    for (std::size_t t = 0; t < terms.slots; ++t) {
      trades[arc * terms.slots + t] = 0.0;
      trades[graph.mirror(arc) * terms.slots + t] = 0.0;
    }
  }
}

std::vector<std::int64_t> settle(const Terms& terms, std::span<const double> trades) {
  constexpr double micro = 1e6;
  const double most = 4e18 / static_cast<double>(terms.prosumers());
  std::vector<std::int64_t> bills(terms.prosumers(), 0);
  std::mutex mutex;
  share_rows(terms.graph.arcs(), terms.slots, [&](std::size_t first, std::size_t last) {
    std::vector<std::int64_t> part(bills.size(), 0);  // whole numbers: any order of sums will do
    for (std::size_t index = first; index < last; ++index) {
      const auto& arc = terms.graph.arc(index);
      if (arc.from > arc.to) continue;
      double energy = 0.0;
      for (std::size_t t = 0; t < terms.slots; ++t) energy += trades[index * terms.slots + t];
      const std::int64_t payment = rounded(terms.p2p_price * energy * micro, most);
      part[arc.from] += payment;
      part[arc.to] -= payment;
    }
    const std::scoped_lock lock(mutex);
    for (std::size_t u = 0; u < bills.size(); ++u) bills[u] += part[u];
  });
  return bills;
}

}  // namespace gridtally::market
