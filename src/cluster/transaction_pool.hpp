#pragma once

#include <optional>
#include <vector>

#include "ledger/chain.hpp"
#include "ledger/evidence.hpp"

namespace gridtally::cluster {

/// The meters' transactions that wait for a block, the newest of each, and the validators' ballots:
/// what the next proposer of this rank draws from. Knows neither MPI nor time. A new transaction
/// costs its check alone, however many meters there are.
class TransactionPool {
 public:
  /// Both must outlive it.
  TransactionPool(const ledger::Genesis& genesis, ledger::Verifier& verifier);

  /// Call whenever there is a new state, and once at first: the turn after it is now due. `state`
  /// must live until the next call.
  void begin(const ledger::ContractState& state);
  /// Takes one in. One with a bad signature, or unfit for the turn that is due, is refused; two of
  /// one meter and turn are told: either way there is new evidence.
  void add(ledger::ByteView transaction);
  /// Takes a ballot in; one with a bad signature is dropped.
  void add_ballot(const ledger::Ballot& ballot);

  /// Every meter has spoken for the turn that is due.
  [[nodiscard]] bool complete() const { return present_ == newest_.size(); }
  /// A block could be made now: some meter has, and it can do without the others, if any
  /// (Genesis::staleness).
  [[nodiscard]] bool serves() const { return due_ && fitting_ > 0 && lacking_ == 0; }
  /// Meters that it cannot do without and has not heard.
  [[nodiscard]] std::vector<std::uint32_t> missing() const;

  /// What the next block can hold.
  [[nodiscard]] std::vector<ledger::SignedTransaction> transactions() const;
  [[nodiscard]] std::vector<ledger::Ballot> ballots() const;

  /// What was found since the last call.
  std::vector<ledger::Evidence> take_evidence();

 private:
  struct Meter {
    std::optional<ledger::SignedTransaction> newest;
    bool fits = false;   ///< the next block can hold it
    bool lacks = false;  ///< the next block cannot do without it
  };
  [[nodiscard]] bool is_of_this_turn(const Meter& meter) const;
  [[nodiscard]] bool is_late_in_time(std::uint32_t index) const;
  [[nodiscard]] bool is_covered(std::uint32_t index) const;
  void assess(std::uint32_t index);
  void forget_assessment(Meter& meter);
  bool check(std::uint32_t index);
  void refuse(std::uint64_t height, std::uint32_t meter, ledger::ByteView transaction,
              const ledger::Fault& fault);

  const ledger::Genesis& genesis_;
  ledger::Verifier& verifier_;
  ledger::Digest run_id_;
  const ledger::ContractState* state_ = nullptr;
  std::optional<ledger::Turn> due_;  ///< nothing: the run has ended
  std::vector<Meter> newest_;        ///< by meter
  std::size_t present_ = 0;          ///< meters that have spoken for the turn that is due
  std::size_t fitting_ = 0;
  std::size_t lacking_ = 0;
  std::vector<ledger::Ballot> ballots_;
  std::vector<ledger::Evidence> evidence_;
};

}  // namespace gridtally::cluster
