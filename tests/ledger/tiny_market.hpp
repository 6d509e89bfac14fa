#pragma once

#include <vector>

#include "ledger/state.hpp"

namespace gridtally::ledger {

/// Two prosumers, two slots, two days, π = 10 cents/kWh. Prosumer 0 always decides
/// θ_0 = (1, −0.5), prosumer 1 θ_1 = (0, 0): the second iteration changes nothing, so each day
/// converges at k = 2 with p'_01 = ½ (2 θ_0 − 2 θ_1) = (1, −0.5) kWh. Day 0 is accepted at once and
/// bills ±5 cents. On day 1 prosumer 0 first asks for (−0.25, 0), which leaves (0.75, −0.5) and
/// bills ±2.5 cents. Seven blocks.
struct TinyMarket {
  explicit TinyMarket(std::uint32_t validator_count, std::uint32_t meter_count = 2);

  Genesis genesis;
  std::vector<SecretKey> meter_keys;
  std::vector<SecretKey> validator_keys;

  /// What the meters send for the turn after `state`, unsigned and signed.
  [[nodiscard]] Transaction draft(const ContractState& state, std::uint32_t meter) const;
  [[nodiscard]] std::vector<SignedTransaction> transactions(const ContractState& state) const;
  /// An honest committed block on `state`, which it advances; `head` becomes its hash.
  CommittedBlock commit(ContractState& state, Digest& head) const;
};

inline constexpr std::uint64_t tiny_blocks = 7;

SecretKey test_key(std::uint8_t first, std::uint8_t second = 0);

}  // namespace gridtally::ledger
