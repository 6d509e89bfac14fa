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

/// What energy was worth to each prosumer in a primal step, beyond π: ρ θ_u, row-major
/// [prosumers][T] [cents/kWh], from its `decisions` and the iterate they answered (model.md 3 a).
/// Zero for who has no partner.
std::vector<double> node_prices(const Terms& terms, const Iterate& answered,
                                std::span<const double> decisions);

/// q from the node prices of the last primal step, `now`, and of the one before it (empty: none):
/// their mean over a component, of the graph, or, where pairs have limits, in each slot of the
/// pairs whose p' is within its limit. A price weighs by the inverse square of its last change, as
/// what no longer moves is what the others will agree on (README). O(prosumers · T) on the complete
/// graph, else O(pairs · T).
ClearingPrices clearing_prices(const Terms& terms, const Iterate& iterate,
                               std::span<const double> now, std::span<const double> before);

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
