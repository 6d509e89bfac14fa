#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "ledger/state.hpp"

namespace gridtally::ledger {

/// What taking part came to for one prosumer, from what the chain says of settled days: money in
/// cents, energy in kWh.
struct Benefit {
  double cost_alone = 0.0;          ///< of the best schedules without trading
  double cost = 0.0;                ///< with trading, trades paid at the fixed price π
  double cost_at_own_prices = 0.0;  ///< the same schedules, trades paid at the market's prices
  double bought = 0.0;              ///< Σ of the slots in which it buys on balance
  double sold = 0.0;                ///< Σ of the slots in which it sells on balance
  bool operator==(const Benefit&) const = default;

  /// What trading costs it above staying alone [cents]; negative: it gains.
  [[nodiscard]] double loss() const { return cost - cost_alone; }
  /// Pays more than alone by more than a millionth: the accuracy of what is compared.
  [[nodiscard]] bool loses() const;
  [[nodiscard]] bool loses_at_own_prices() const;
  Benefit& operator+=(const Benefit& other);
};

/// One a prosumer, of the settled day that `state` stands at the end of; Error for another state.
/// The market's price of a pair is π + ½(q_u + q_v) (model.md 4): what u pays v at it, v receives.
std::vector<Benefit> benefits(const Genesis& genesis, const ContractState& state);

/// Indices of those who lose, the greatest loss first; equal losses in prosumer order.
std::vector<std::size_t> losers(std::span<const Benefit> benefits);

/// One line about who pays more than alone: how many, and the `named` worst by name.
std::string losers_text(const Genesis& genesis, std::span<const Benefit> benefits,
                        std::size_t named);

}  // namespace gridtally::ledger
