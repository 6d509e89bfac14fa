#pragma once

#include <algorithm>
#include <span>

#include "market/partner_graph.hpp"

namespace gridtally::market {

/// Σ_v rows_v over u's partners, in the order of the arcs; `rows` are [prosumers][slots].
inline void sum_partners(const PartnerGraph& graph, std::size_t u, std::size_t slots,
                         std::span<const double> rows, std::span<double> sum) {
  std::fill(sum.begin(), sum.end(), 0.0);
  for (std::size_t arc = graph.first(u); arc < graph.first(u + 1); ++arc) {
    const std::size_t row = graph.arc(arc).to * slots;
    for (std::size_t t = 0; t < slots; ++t) sum[t] += rows[row + t];
  }
}

}  // namespace gridtally::market
