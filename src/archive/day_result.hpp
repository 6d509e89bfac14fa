#pragma once

#include <cstdint>
#include <vector>

#include "ledger/carried_state.hpp"

namespace gridtally::archive {

/// Graphs with more arcs than this are archived without trade and price: the decisions hold both
/// (model.md 3 b).
inline constexpr std::size_t max_listed_arcs = 20000;

/// What a day came to: a function of the contract state after its last block, kept in /result for
/// people and plots. An auditor recomputes it. A day that did not settle has trades and prices of
/// its last iterate, no bills (zeros), no one unfunded, and NaN for each cost and bound.
struct DayResult {
  std::uint32_t day = 0;
  bool converged = false;
  bool settled = false;
  std::uint32_t iterations = 0;        ///< trading blocks of the day
  std::uint32_t rounds = 0;            ///< settlement blocks of the day
  double residual = 0.0;               ///< [kWh]
  std::vector<double> trade;           ///< p', row-major [arcs][T] [kWh]; empty: too many arcs
  std::vector<double> price;           ///< λ, row-major [arcs][T] [cents/kWh]; likewise
  std::vector<double> net_trade;       ///< s, row-major [prosumers][T] [kWh]
  std::vector<std::int64_t> bill;      ///< [prosumers] [micro-cents], positive: pays
  std::vector<std::int64_t> balance;   ///< [prosumers] [micro-cents], of the accounts after the day
  std::vector<std::uint8_t> unfunded;  ///< [prosumers] 1: could not have paid
  std::vector<double> cost;            ///< [prosumers] [cents]
  std::vector<double> cost_alone;      ///< [prosumers] [cents], without trading
  std::vector<double> bound;           ///< [prosumers] [cents], terms of the lower bound
  double congestion_rent = 0.0;        ///< [cents]: the lower bound is Σ bound less this
  /// Its premium in /result, the rest in /carried of a thinned day only: else empty when read.
  ledger::CarriedState carried;
};

/// The result of the day that `state` stands in, after the day's last block.
DayResult day_result(const ledger::Genesis& genesis, const ledger::ContractState& state);

/// Equal bit for bit, NaN included; what is in /carried apart: ledger::Replay judges that.
bool identical(const DayResult& a, const DayResult& b);

}  // namespace gridtally::archive
