#pragma once

#include <vector>

#include "ledger/chain.hpp"

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
  /// The state after a block of the due proposer with these transactions and ballots.
  [[nodiscard]] ContractState after(const ContractState& state,
                                    std::vector<SignedTransaction> transactions,
                                    std::vector<Ballot> ballots = {}) const;
  /// An honest committed block with everyone's transactions; `state` and `tip` advance by it.
  CommittedBlock commit(ContractState& state, Tip& tip, std::vector<Ballot> ballots = {}) const;
  /// The same with transactions of one's own.
  CommittedBlock commit(ContractState& state, Tip& tip, Draft draft) const;
  /// A validator's word about a key, for this run.
  [[nodiscard]] Ballot ballot(std::uint32_t voter, const PublicKey& candidate, bool add,
                              std::uint64_t nonce = 1) const;
};

inline constexpr std::uint64_t tiny_blocks = 7;

SecretKey test_key(std::uint8_t first, std::uint8_t second = 0);

}  // namespace gridtally::ledger
