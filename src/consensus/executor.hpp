#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "ledger/chain.hpp"

namespace gridtally::consensus {

/// Where a validator stands: the chain's end and the contract's state after it.
struct Position {
  ledger::Tip tip;
  ledger::ContractState state;
};
using SharedPosition = std::shared_ptr<const Position>;
SharedPosition first_position(const ledger::Genesis& genesis);

/// Checks and executes blocks for all validators of one process, each block once: what the program
/// found good for one of them it need not compute again for the next. Not thread-safe.
class Executor {
 public:
  /// Both must outlive it.
  Executor(const ledger::Genesis& genesis, ledger::Verifier& verifier);

  struct Result {
    std::optional<ledger::Fault> fault;  ///< the block's first fault, or nothing
    SharedPosition after;                ///< where there is no fault
  };
  /// ledger::check_form and ledger::check_execution of `block` at `position`.
  Result check(const Position& position, const ledger::Block& block);
  /// A block of our own making, so that check finds it good. Error where ledger::check_form finds
  /// a fault in what it was made of.
  ledger::Block make(const Position& position, ledger::Draft draft, const ledger::SecretKey& key);

  [[nodiscard]] const ledger::Genesis& genesis() const { return genesis_; }
  [[nodiscard]] ledger::Verifier& verifier() { return verifier_; }

 private:
  struct Known;
  const ledger::Genesis& genesis_;
  ledger::Verifier& verifier_;
  // Good results of the latest blocks, few.
};

}  // namespace gridtally::consensus
