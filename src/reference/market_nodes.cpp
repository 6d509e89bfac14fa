#include "reference/market_nodes.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

namespace gridtally::reference {

namespace {

// Whose part a prosumer belongs to: the least index in it, once all pairs have been joined.
class Parts {
 public:
  explicit Parts(std::size_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), 0U);
  }
  std::uint32_t find(std::uint32_t u) {
    while (parent_[u] != u) u = parent_[u] = parent_[parent_[u]];
    return u;
  }
  void join(std::uint32_t u, std::uint32_t v) {
    const auto a = find(u);
    const auto b = find(v);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::uint32_t> parent_;
};

std::vector<Line> lines_between(const market::PartnerGraph& graph,
                                const std::vector<std::uint32_t>& node_of) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> limits;
  for (std::size_t i = 0; i < graph.arcs(); ++i) {
    const auto arc = graph.arc(i);
    const auto a = node_of[arc.from];
    const auto b = node_of[arc.to];
    if (arc.from < arc.to && a != b && arc.limit > 0.0) limits[std::minmax(a, b)] += arc.limit;
  }
  std::vector<Line> lines;
  lines.reserve(limits.size());
  for (const auto& [ends, limit] : limits) lines.push_back({ends.first, ends.second, limit});
  return lines;
}

}  // namespace

MarketNodes market_nodes(const market::PartnerGraph& graph) {
  const std::size_t size = graph.prosumers();
  if (graph.is_complete()) return {1, std::vector<std::uint32_t>(size, 0U), {}};
  Parts parts(size);
  for (std::size_t i = 0; i < graph.arcs(); ++i) {
    const auto arc = graph.arc(i);
    if (std::isinf(arc.limit)) parts.join(arc.from, arc.to);
  }
  MarketNodes market{0, std::vector<std::uint32_t>(size), {}};
  for (std::uint32_t u = 0; u < size; ++u) {
    const auto first = parts.find(u);
    const bool opens = first == u;
    market.node_of[u] = opens ? static_cast<std::uint32_t>(market.nodes++) : market.node_of[first];
  }
  market.lines = lines_between(graph, market.node_of);
  return market;
}

}  // namespace gridtally::reference
