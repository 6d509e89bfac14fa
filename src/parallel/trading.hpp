#pragma once

#include <cstdint>
#include <span>

#include "admm/households.hpp"
#include "parallel/shared_market.hpp"

namespace gridtally::parallel {

/// Where the time of one rank went [s].
struct TradingSeconds {
  double qp = 0.0;        ///< the households' problems
  double contract = 0.0;  ///< offers and dual update
  double exchange = 0.0;  ///< rows of partners and global sums, waiting for other ranks included
  double total = 0.0;
};

struct TradingResult {
  bool converged = false;
  int iterations = 0;
  double residual = 0.0;  ///< [kWh]
  TradingSeconds seconds;
  Exchanges exchanges;  ///< of this rank
};

/// Households for the rows of a shared market. `community` holds this rank's `own` prosumers, in
/// ascending order; its partner graph is not looked at.
admm::Households make_households(model::Community community, const market::Terms& terms,
                                 std::span<const std::uint32_t> own, const SharedMarket& market,
                                 int lanes);

/// Algorithm 1 without a ledger, from λ = p' = 0 until the residual is below terms.epsilon or
/// terms.max_iterations are done. `households` stand at the beginning of the day. Collective.
TradingResult trade(const market::Terms& terms, admm::Households& households, SharedMarket& market);

}  // namespace gridtally::parallel
