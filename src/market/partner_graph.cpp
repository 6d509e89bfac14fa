#include "market/partner_graph.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace gridtally::market {

namespace {
std::string named(const Arc& arc) {
  return "pair (" + std::to_string(arc.from) + ", " + std::to_string(arc.to) + ")";
}

void check(const Arc& arc, std::size_t prosumers) {
  if (arc.from >= prosumers || arc.to >= prosumers) {
    throw InputError(named(arc) + ": prosumers count from 0 to " + std::to_string(prosumers - 1));
  }
  if (arc.from == arc.to) throw InputError(named(arc) + ": nobody trades with themselves");
  if (!(arc.limit >= 0.0)) {
    throw InputError(named(arc) + ": limit " + to_text(arc.limit) + " must be at least 0 kWh");
  }
}

bool earlier(const Arc& a, const Arc& b) { return std::tie(a.from, a.to) < std::tie(b.from, b.to); }
}  // namespace

PartnerGraph PartnerGraph::complete(std::size_t prosumers) {
  std::vector<Arc> pairs;
  pairs.reserve(prosumers * (prosumers - (prosumers > 0)) / 2);
  for (std::uint32_t u = 0; u < prosumers; ++u) {
    for (std::uint32_t v = u + 1; v < prosumers; ++v) pairs.push_back({u, v});
  }
  return from_pairs(prosumers, pairs);
}

PartnerGraph PartnerGraph::from_pairs(std::size_t prosumers, std::span<const Arc> pairs) {
  PartnerGraph graph;
  auto& arcs = graph.arcs_;
  arcs.reserve(2 * pairs.size());
  for (const auto& pair : pairs) {
    check(pair, prosumers);
    arcs.push_back(pair);
    arcs.push_back({pair.to, pair.from, pair.limit});
  }
  std::sort(arcs.begin(), arcs.end(), earlier);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < arcs.size(); ++i) {
    const bool again =
        kept > 0 && arcs[kept - 1].from == arcs[i].from && arcs[kept - 1].to == arcs[i].to;
    if (again && arcs[kept - 1].limit != arcs[i].limit) {
      throw InputError(named(arcs[i]) + " has two limits, " + to_text(arcs[kept - 1].limit) +
                       " and " + to_text(arcs[i].limit) + " kWh: give one");
    }
    if (!again) arcs[kept++] = arcs[i];
  }
  arcs.resize(kept);

  graph.first_.assign(prosumers + 1, 0);
  for (const auto& arc : arcs) ++graph.first_[arc.from + 1];
  for (std::size_t u = 0; u < prosumers; ++u) graph.first_[u + 1] += graph.first_[u];
  graph.mirror_.resize(kept);
  auto next = graph.first_;
  for (std::size_t i = 0; i < kept; ++i) graph.mirror_[i] = next[arcs[i].to]++;
  return graph;
}

bool PartnerGraph::is_complete() const {
  return arcs() == prosumers() * (prosumers() - (prosumers() > 0));
}

bool PartnerGraph::has_limits() const {
  return std::any_of(arcs_.begin(), arcs_.end(), [](const Arc& arc) {
    return arc.limit != std::numeric_limits<double>::infinity();
  });
}

}  // namespace gridtally::market
