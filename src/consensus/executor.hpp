#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "ledger/chain.hpp"
#include "ledger/messages.hpp"

namespace gridtally::consensus {

/// Where a validator stands: the chain's end and the contract's state after it.
struct Position {
  ledger::Tip tip;
  ledger::ContractState state;
};
using SharedPosition = std::shared_ptr<const Position>;
SharedPosition first_position(const ledger::Genesis& genesis);

/// About what a block takes in memory: its transactions and the numbers in them.
std::size_t held_bytes(const ledger::Block& block);

/// Checks and executes blocks for all validators of one process, each block once: what the program
/// found good for one of them it need not compute again for the next. Not thread-safe.
class Executor {
 public:
  /// Committed blocks that are kept to answer those who lag: so many, and fewer where what they
  /// hold (held_bytes) comes to more than this, but the last two always.
  static constexpr std::size_t blocks_kept = 64;
  static constexpr std::size_t bytes_kept = std::size_t{8} << 20U;

  /// Both must outlive it.
  Executor(const ledger::Genesis& genesis, ledger::Verifier& verifier);

  struct Result {
    std::optional<ledger::Fault> fault;  ///< the block's first fault, or nothing
    SharedPosition after;                ///< where there is no fault
  };
  /// ledger::check_form and ledger::check_execution of `block` at `position`.
  Result check(const Position& position, const ledger::Block& block);
  /// A block of our own making, so that check finds it good. FormatError where ledger::check_form
  /// or ledger::check_place finds a fault in what it was made of.
  ledger::Block make(const Position& position, ledger::Draft draft, const ledger::SecretKey& key);

  /// Whether the author that the header names signed it, and the body is the one that it names.
  /// Nothing is said of the block's worth: only that its author can be blamed for it.
  bool is_authentic(const ledger::Membership& membership,
                    const std::shared_ptr<const ledger::Block>& block);

  /// Keeps a committed block whose certificate has been checked. Returns the one to be used: where
  /// a validator of this process committed it before, that one's.
  ledger::Committed keep(const std::shared_ptr<const ledger::Block>& block,
                         ledger::Certificate certificate);
  ledger::Committed keep(ledger::Committed committed);
  /// One of the blocks kept; nothing for another height.
  [[nodiscard]] ledger::Committed committed(std::uint64_t height) const;

  [[nodiscard]] const ledger::Genesis& genesis() const { return genesis_; }
  [[nodiscard]] ledger::Verifier& verifier() { return verifier_; }
  /// Processor time of checking and making blocks, signatures not counted.
  [[nodiscard]] double seconds() const { return seconds_; }

 private:
  /// A block found good. Its header names its parent, and so the position at which it was checked.
  struct Known {
    ledger::Digest hash{};
    ledger::Signature signature;
    SharedPosition after;
  };
  [[nodiscard]] const Known* find(const Position& position, const ledger::Block& block) const;
  void remember(const ledger::Block& block, const SharedPosition& after);
  [[nodiscard]] bool has_named_body(const ledger::Block& block) const;
  void forget_old_blocks();

  const ledger::Genesis& genesis_;
  ledger::Verifier& verifier_;
  double seconds_ = 0.0;
  std::deque<Known> known_;                                 ///< the latest few
  std::deque<std::weak_ptr<const ledger::Block>> genuine_;  ///< bodies compared with their headers
  std::deque<ledger::Committed> committed_;                 ///< ascending heights
  std::size_t committed_bytes_ = 0;
};

}  // namespace gridtally::consensus
