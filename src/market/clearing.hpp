#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "market/contract.hpp"

namespace gridtally::market {

/// What energy is worth to each prosumer beyond π: q of the lower bound (model.md 4). Who can trade
/// with whom without meeting a limit shares a price, so a row may serve many prosumers.
struct ClearingPrices {
  std::size_t slots = 0;           ///< T
  std::vector<std::uint32_t> row;  ///< of each prosumer in `premium`; empty: row 0 serves all
  std::vector<double> premium;     ///< q, row-major [rows][T] [cents/kWh]

  /// q_u [T].
  [[nodiscard]] std::span<const double> of(std::size_t prosumer) const {
    const std::size_t at = row.empty() ? 0 : row[prosumer];
    return std::span(premium).subspan(at * slots, slots);
  }
};

/// q from the iterate's λ. At agreement λ_uv = −q_u for every partner v, so q is the mean of −λ
/// over the arcs that leave a component: of the graph, or, where pairs have limits, in each slot of
/// the pairs whose p' is within its limit. O(prosumers · T) on the complete graph, else O(pairs ·
/// T). Zero for who has no partner: any price holds for someone who cannot trade.
ClearingPrices clearing_prices(const Terms& terms, const Iterate& iterate);

/// What the limits take from the lower bound [cents], ≥ 0: Σ over pairs of
/// limit · Σ_t |q_u[t] − q_v[t]| (model.md 4), in arc order. 0 without limits.
double congestion_rent(const Terms& terms, const ClearingPrices& prices);

/// What each prosumer pays beyond π·s when every trade is paid at the market's own prices,
/// π + ½(q_u + q_v) for the pair {u, v} [cents]: adds up to zero. `trades` [arcs][T] and
/// `net_trades` [prosumers][T] [kWh] belong together.
std::vector<double> premium_payments(const Terms& terms, const ClearingPrices& prices,
                                     std::span<const double> trades,
                                     std::span<const double> net_trades);

}  // namespace gridtally::market
