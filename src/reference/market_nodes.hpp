#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "market/partner_graph.hpp"

namespace gridtally::reference {

/// Two nodes between which at most `limit` [kWh per slot] may flow either way: the sum of the
/// limits of the pairs that join them.
struct Line {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  double limit = 0.0;
};

/// Where a market clears. Prosumers whom pairs without limit connect form a node: within it any
/// net trades that sum to zero can be routed, so that only their sum matters. Limited pairs
/// between nodes are lines; within a node they add nothing. On a complete graph: one node.
struct MarketNodes {
  std::size_t nodes = 0;
  std::vector<std::uint32_t> node_of;  ///< [prosumer]; numbered by their first member
  std::vector<Line> lines;             ///< from < to, ascending
};

MarketNodes market_nodes(const market::PartnerGraph& graph);

}  // namespace gridtally::reference
