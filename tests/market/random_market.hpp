#pragma once

#include <random>
#include <vector>

#include "market/contract.hpp"

namespace gridtally::market {

/// Numbers in [low, high), the same for the same seed.
class Numbers {
 public:
  explicit Numbers(unsigned seed) : engine_(seed) {}
  double operator()(double low, double high) {
    return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1p-53;
  }

 private:
  std::mt19937_64 engine_;
};

inline std::vector<double> random_row(Numbers& number, std::size_t size, double reach) {
  std::vector<double> row(size);
  for (auto& value : row) value = number(-reach, reach);
  return row;
}

/// A ring with a few chords: connected, and far from complete.
inline PartnerGraph sparse_graph(std::uint32_t prosumers) {
  std::vector<Arc> pairs;
  for (std::uint32_t u = 0; u < prosumers; ++u) {
    pairs.push_back({u, (u + 1) % prosumers});
    if (u % 3 == 0 && u + 3 < prosumers) pairs.push_back({u, u + 3});
  }
  return PartnerGraph::from_pairs(prosumers, pairs);
}

}  // namespace gridtally::market
