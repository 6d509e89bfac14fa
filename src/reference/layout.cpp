#include "reference/layout.hpp"

#include <algorithm>
#include <numeric>

namespace gridtally::reference {

namespace {

// Enough chunks for many ranks, few enough for their rows to travel at every step.
constexpr std::size_t most_chunks_of_a_node = 256;

std::size_t chunk_size(std::size_t prosumers) {
  constexpr std::size_t unit = block::lanes;
  return unit * std::max<std::size_t>(1, (prosumers + unit * most_chunks_of_a_node - 1) /
                                             (unit * most_chunks_of_a_node));
}

std::vector<Chunk> cut(const MarketNodes& market, const std::vector<std::uint32_t>& order) {
  const std::size_t most = chunk_size(order.size());
  std::vector<Chunk> chunks;
  for (std::size_t at = 0; at < order.size(); ++at) {
    const auto node = market.node_of[order[at]];
    if (chunks.empty() || chunks.back().node != node || chunks.back().count == most) {
      chunks.push_back({at, 0, node});
    }
    ++chunks.back().count;
  }
  return chunks;
}

// Rank r gets the chunks whose middle lies in its share of the prosumers.
std::vector<int> share(const std::vector<Chunk>& chunks, std::size_t prosumers, int ranks) {
  std::vector<int> counts(static_cast<std::size_t>(ranks), 0);
  for (const auto& chunk : chunks) {
    const std::size_t middle = 2 * chunk.first + chunk.count - 1;
    ++counts[middle * counts.size() / (2 * prosumers)];
  }
  return counts;
}

std::size_t first_chunk(const std::vector<int>& counts, int rank) {
  return static_cast<std::size_t>(std::accumulate(counts.begin(), counts.begin() + rank, 0));
}

}  // namespace

std::vector<Chunk> Layout::chunks_of(int rank) const {
  const auto first = chunks.begin() + static_cast<std::ptrdiff_t>(first_chunk(counts, rank));
  std::vector<Chunk> own(first, first + counts[static_cast<std::size_t>(rank)]);
  const std::size_t start = own.empty() ? 0 : own.front().first;
  for (auto& chunk : own) chunk.first -= start;
  return own;
}

std::vector<std::uint32_t> Layout::prosumers_of(int rank) const {
  std::vector<std::uint32_t> own;
  const std::size_t first = first_chunk(counts, rank);
  for (int i = 0; i < counts[static_cast<std::size_t>(rank)]; ++i) {
    const auto& chunk = chunks[first + static_cast<std::size_t>(i)];
    for (std::size_t k = 0; k < chunk.count; ++k) own.push_back(order[chunk.first + k]);
  }
  return own;
}

std::vector<std::uint32_t> Layout::node_of_chunk() const {
  std::vector<std::uint32_t> nodes;
  nodes.reserve(chunks.size());
  for (const auto& chunk : chunks) nodes.push_back(chunk.node);
  return nodes;
}

Layout make_layout(const MarketNodes& market, int ranks) {
  Layout layout;
  layout.order.resize(market.node_of.size());
  std::iota(layout.order.begin(), layout.order.end(), 0U);
  std::stable_sort(layout.order.begin(), layout.order.end(),
                   [&](auto u, auto v) { return market.node_of[u] < market.node_of[v]; });
  layout.chunks = cut(market, layout.order);
  layout.counts = share(layout.chunks, layout.order.size(), ranks);
  return layout;
}

}  // namespace gridtally::reference
