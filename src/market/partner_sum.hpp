#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "base/wide.hpp"
#include "market/partner_graph.hpp"

namespace gridtally::market {

/// What a sum over partners computes with for each prosumer, on average (share_rows).
inline std::size_t numbers_of_row(const PartnerGraph& graph, std::size_t slots) {
  const auto prosumers = std::max<std::size_t>(1, graph.prosumers());
  return slots * std::max<std::size_t>(1, graph.arcs() / prosumers);
}

namespace detail {

// `width` slots from `slot` on, at most `most`, of the prosumers at places `first` to before
// `last`.
template <std::size_t most, class Width, class Use>
void sum_slots(const PartnerGraph& graph, std::size_t first, std::size_t last, std::size_t slots,
               std::size_t slot, Width width, const double* rows, const Use& use) {
  const auto targets = graph.targets();
  for (const std::uint32_t u : graph.breadth_first().subspan(first, last - first)) {
    double sum[most] = {};  // stays in registers
    const std::size_t end = graph.first(u + 1);
    for (std::size_t arc = graph.first(u); arc < end; ++arc) {
      const double* row = rows + targets[arc] * slots + slot;
      const double* ahead = rows + targets[std::min(arc + 8, end - 1)] * slots + slot;
      for (std::size_t t = 0; t < width; t += 8) __builtin_prefetch(ahead + t);
      for (std::size_t t = 0; t < width; ++t) sum[t] += row[t];
    }
    use(u, slot, std::span<const double>(sum, width));
  }
}

}  // namespace detail

/// Calls use(u, slot, sums) with Σ_v rows_v over u's partners v, in the order of the arcs, for each
/// prosumer at the places from `first` to before `last` of graph.breadth_first(): the sums of some
/// slots from `slot` on, until each slot has been. `rows` are [prosumers][slots]; the graph is not
/// the complete one. 24 slots, a day of hours, are summed in registers.
template <class Use>
void sum_partners(const PartnerGraph& graph, std::size_t first, std::size_t last, std::size_t slots,
                  std::span<const double> rows, const Use& use) {
  constexpr std::size_t day = 24;
  run_wide([&](auto) {
    std::size_t slot = 0;
    for (; slot + day <= slots; slot += day) {
      constexpr std::integral_constant<std::size_t, day> width;
      detail::sum_slots<day>(graph, first, last, slots, slot, width, rows.data(), use);
    }
    if (slot == slots) return;
    detail::sum_slots<day>(graph, first, last, slots, slot, slots - slot, rows.data(), use);
  });
}

/// The same where everyone is everyone's partner; `all` is the sum of all rows.
template <class Use>
void sum_everyone_else(std::span<const double> all, std::size_t first, std::size_t last,
                       std::span<const double> rows, const Use& use) {
  const std::size_t slots = all.size();
  std::vector<double> sums(slots);
  for (std::size_t u = first; u < last; ++u) {
    for (std::size_t t = 0; t < slots; ++t) sums[t] = all[t] - rows[u * slots + t];
    use(u, 0, std::span<const double>(sums));
  }
}

}  // namespace gridtally::market
