#pragma once

#include <algorithm>
#include <span>

#include "market/partner_graph.hpp"

namespace gridtally::market {

/// Has the row of the arc after `arc` brought nearer, whose place nothing else foretells.
inline void fetch_next(const PartnerGraph& graph, std::size_t arc, std::size_t slots,
                       const double* rows) {
  constexpr std::size_t line = 8;  // numbers
  if (arc + 1 >= graph.arcs()) return;
  const double* row = rows + graph.arc(arc + 1).to * slots;
  for (std::size_t t = 0; t < slots; t += line) __builtin_prefetch(row + t);
}

/// What a sum over partners computes with for each prosumer, on average (share_rows).
inline std::size_t numbers_of_row(const PartnerGraph& graph, std::size_t slots) {
  const auto prosumers = std::max<std::size_t>(1, graph.prosumers());
  return slots * std::max<std::size_t>(1, graph.arcs() / prosumers);
}

/// Σ_v rows_v over u's partners, in the order of the arcs; `rows` are [prosumers][slots].
inline void sum_partners(const PartnerGraph& graph, std::size_t u, std::size_t slots,
                         std::span<const double> rows, std::span<double> sum) {
  std::fill(sum.begin(), sum.end(), 0.0);
  for (std::size_t arc = graph.first(u); arc < graph.first(u + 1); ++arc) {
    const double* row = &rows[graph.arc(arc).to * slots];
    fetch_next(graph, arc, slots, rows.data());
    for (std::size_t t = 0; t < slots; ++t) sum[t] += row[t];
  }
}

}  // namespace gridtally::market
