#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ledger/bytes.hpp"

namespace gridtally::ledger {

/// What the contract moves from one prosumer's account to another's when a day is settled.
struct Payment {
  std::uint32_t from = 0;   ///< prosumer index
  std::uint32_t to = 0;     ///< prosumer index
  std::int64_t amount = 0;  ///< [micro-cents], above 0
  bool operator==(const Payment&) const = default;
};

/// Few payments that serve all bills: who owes, in prosumer order, pays who is owed, in prosumer
/// order; fewer payments than prosumers. `bills` [micro-cents] sum to zero, else Error.
std::vector<Payment> payments_of(std::span<const std::int64_t> bills);

/// from u32, to u32, amount i64.
Bytes encode(const Payment& payment);

}  // namespace gridtally::ledger
