#pragma once

#include <optional>
#include <vector>

#include "ledger/chain.hpp"
#include "ledger/evidence.hpp"

namespace gridtally::cluster {

/// The meters' transactions that wait for a block, the newest of each, and the validators' ballots:
/// what the next proposer of this rank draws from. Knows neither MPI nor time.
class TransactionPool {
 public:
  /// Both must outlive it.
  TransactionPool(const ledger::Genesis& genesis, ledger::Verifier& verifier);

  /// Call whenever there is a new state, and once at first: the turn after it is now due.
  void begin(const ledger::ContractState& state);
  /// Takes one in. One with a bad signature, or unfit for the turn that is due, is refused; two of
  /// one meter and turn are told: either way there is new evidence.
  void add(ledger::ByteView transaction);
  /// Takes a ballot in; one with a bad signature is dropped. Keys are those of `state`.
  void add_ballot(const ledger::ContractState& state, const ledger::Ballot& ballot);

  /// Every meter has spoken for the turn after `state`.
  [[nodiscard]] bool complete() const { return present_ == newest_.size(); }
  /// A block could be made now: some meter has, and it can do without the others, if any
  /// (Genesis::staleness).
  [[nodiscard]] bool serves(const ledger::ContractState& state) const;
  /// Meters that a sufficient pool still needs.
  [[nodiscard]] std::vector<std::uint32_t> missing(const ledger::ContractState& state) const;

  /// What the next block can hold.
  [[nodiscard]] std::vector<ledger::SignedTransaction> transactions(
      const ledger::ContractState& state) const;
  [[nodiscard]] std::vector<ledger::Ballot> ballots(const ledger::ContractState& state) const;

  /// What was found since the last call.
  std::vector<ledger::Evidence> take_evidence();

 private:
  [[nodiscard]] bool fits(const ledger::ContractState& state, std::uint32_t meter) const;
  [[nodiscard]] bool is_due(std::uint32_t meter) const;
  bool check_due(std::uint32_t meter);
  void refuse(std::uint64_t height, std::uint32_t meter, ledger::ByteView transaction,
              const ledger::Fault& fault);

  const ledger::Genesis& genesis_;
  ledger::Verifier& verifier_;
  ledger::Digest run_id_;
  std::vector<std::optional<ledger::SignedTransaction>> newest_;  // by meter
  std::optional<ledger::Turn> due_;                               // nothing: the run has ended
  std::size_t present_ = 0;  // how many of newest_ are of the turn that is due
  std::vector<ledger::Ballot> ballots_;
  std::vector<ledger::Evidence> evidence_;
};

}  // namespace gridtally::cluster
