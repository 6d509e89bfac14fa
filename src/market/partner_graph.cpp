#include "market/partner_graph.hpp"

#include <algorithm>
#include <numeric>
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

// Positions ordered by the names that stand there.
std::vector<std::uint32_t> by_name(std::span<const std::uint32_t> names) {
  std::vector<std::uint32_t> order(names.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return names[a] < names[b]; });
  return order;
}
}  // namespace

PartnerGraph PartnerGraph::complete(std::size_t prosumers) {
  PartnerGraph graph;
  graph.prosumers_ = prosumers;
  return graph;
}

PartnerGraph PartnerGraph::from_pairs(std::size_t prosumers, std::span<const Arc> pairs) {
  std::vector<std::uint32_t> names(prosumers);
  std::iota(names.begin(), names.end(), 0U);
  auto graph = part_from_pairs(names, pairs);
  const bool everyone = graph.arcs() == prosumers * graph.others() && !graph.has_limits();
  return everyone ? complete(prosumers) : graph;
}

PartnerGraph PartnerGraph::part_from_pairs(std::span<const std::uint32_t> names,
                                           std::span<const Arc> pairs) {
  const std::size_t prosumers = names.size();
  PartnerGraph graph;
  auto& arcs = graph.arcs_;
  arcs.reserve(2 * pairs.size());
  for (const auto& pair : pairs) {
    check(pair, prosumers);
    arcs.push_back(pair);
    arcs.push_back({pair.to, pair.from, pair.limit});
  }
  std::sort(arcs.begin(), arcs.end(), [&](const Arc& a, const Arc& b) {
    return std::tie(a.from, names[a.to]) < std::tie(b.from, names[b.to]);
  });
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

  graph.prosumers_ = prosumers;
  graph.complete_ = false;
  graph.first_.assign(prosumers + 1, 0);
  graph.targets_.reserve(kept);
  for (const auto& arc : arcs) {
    graph.targets_.push_back(arc.to);
    ++graph.first_[arc.from + 1];
  }
  for (std::size_t u = 0; u < prosumers; ++u) graph.first_[u + 1] += graph.first_[u];
  graph.order_breadth_first();
  graph.mirror_.resize(kept);
  auto next = graph.first_;
  for (const auto from : by_name(names)) {  // so that whoever is next finds the next of its arcs
    for (std::size_t i = graph.first_[from]; i < graph.first_[from + 1]; ++i) {
      graph.mirror_[i] = next[arcs[i].to]++;
    }
  }
  return graph;
}

Arc PartnerGraph::arc_of_complete(std::size_t index) const {
  const std::size_t from = index / others();
  const std::size_t rank = index % others();
  return {static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(rank + (rank >= from))};
}

std::span<const std::uint32_t> PartnerGraph::targets() const {
  if (complete_) throw Error("the complete graph stores no arcs");
  return targets_;
}

std::span<const std::uint32_t> PartnerGraph::breadth_first() const {
  if (complete_) throw Error("the complete graph stores no order of its prosumers");
  return breadth_first_;
}

void PartnerGraph::order_breadth_first() {
  breadth_first_.reserve(prosumers_);
  std::vector<bool> found(prosumers_, false);
  const auto find = [&](std::uint32_t u) {
    if (!found[u]) breadth_first_.push_back(u);
    found[u] = true;
  };
  std::size_t next = 0;
  for (std::uint32_t start = 0; start < prosumers_; ++start) {
    for (find(start); next < breadth_first_.size(); ++next) {
      const std::size_t u = breadth_first_[next];
      for (std::size_t arc = first_[u]; arc < first_[u + 1]; ++arc) find(targets_[arc]);
    }
  }
}

std::size_t PartnerGraph::mirror(std::size_t index) const {
  if (!complete_) return mirror_[index];
  const Arc there = arc(index);
  return there.to * others() + there.from - (there.from > there.to);
}

bool PartnerGraph::has_limits() const {
  return std::any_of(arcs_.begin(), arcs_.end(), [](const Arc& arc) {
    return arc.limit != std::numeric_limits<double>::infinity();
  });
}

}  // namespace gridtally::market
