#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "reference/blocks.hpp"
#include "reference/market_nodes.hpp"

namespace gridtally::reference {

/// How a community is cut into chunks, and which rank has which of them. Prosumers are ordered by
/// node, then by index; a chunk lies in one node; ranks take successive chunks with about the same
/// number of prosumers each. The chunks depend on the community alone.
struct Layout {
  std::vector<std::uint32_t> order;  ///< prosumers
  std::vector<Chunk> chunks;         ///< of all ranks; `first` is into `order`
  std::vector<int> counts;           ///< chunks of each rank

  /// A rank's chunks, `first` counted from its own first prosumer.
  [[nodiscard]] std::vector<Chunk> chunks_of(int rank) const;
  /// A rank's prosumers, in order.
  [[nodiscard]] std::vector<std::uint32_t> prosumers_of(int rank) const;
  [[nodiscard]] std::vector<std::uint32_t> node_of_chunk() const;
};

Layout make_layout(const MarketNodes& market, int ranks);

}  // namespace gridtally::reference
