#pragma once

#include <optional>

#include "ledger/chain.hpp"

namespace gridtally::ledger {

/// What the archive of a thinned day keeps of the contract's state: enough to settle the day again,
/// and so to prove its result, without its iterations. All but the premium is in state roots.
struct CarriedState {
  Bytes globals;  ///< leaf 0 of the state after the day's last block
  /// The last iterate, [parts][decision rows][T]: Iterate::first, ::second; then, where Func A
  /// remembers them, its last point and step; then, where Genesis::staleness > 0, the latest
  /// decisions.
  std::vector<double> iterate;
  /// q, row-major [prosumers][T] [cents/kWh], as the contract computed it for the settlement; zeros
  /// without one. It stands in no root: a lower bound holds at any.
  std::vector<double> premium;
  bool operator==(const CarriedState&) const = default;
};
/// Of the state after a day's last block.
CarriedState carried_state(const Genesis& genesis, const ContractState& last);
/// Parts of CarriedState::iterate, with or without a point and a step.
std::size_t carried_parts(const Genesis& genesis, bool remembers);

/// The state after `block` as far as it follows without its decisions: everything but the iterate's
/// numbers, taking the header's word for residual and stop test.
ContractState follow(const Genesis& genesis, const ContractState& state, const Block& block);

/// check_place, then follows the block: payments (there can be none) and flags compared with ==. On
/// success `tip` and `state` are those after it; on a fault they are left as they were.
std::optional<Fault> check_followed(const Genesis& genesis, const Block& block, Tip& tip,
                                    ContractState& state);

/// Gives `state`, followed to the last trading block of a settled day, the iterate carried over,
/// checks the state root of that block's `header`, and opens the settlement: `apply` can go on.
std::optional<Fault> open_settlement(const Genesis& genesis, const Header& header,
                                     const CarriedState& carried, ContractState& state);

/// True for a block of a thinned archive whose decisions were left out.
bool lacks_decisions(const Block& block);

/// A settled day whose archive lacks decisions.
struct ThinnedDay {
  std::uint32_t iterations = 0;  ///< trading blocks of the day
  CarriedState carried;
};

/// The contract over blocks in height order. Days that are all there are executed; a thinned day is
/// followed to its last trading block, whose iterate is then known, and its settlement executed.
class Replay {
 public:
  /// `genesis` must outlive this.
  explicit Replay(const Genesis& genesis);

  /// Checks and takes the next block, which must have passed check_form. `thinned` is the block's
  /// day when that lacks decisions, else null; its roots are compared whatever `root` says. On a
  /// fault nothing changes.
  std::optional<Fault> check(const Block& block, const ThinnedDay* thinned,
                             StateRoot root = StateRoot::compared);

  [[nodiscard]] const ContractState& state() const { return state_; }
  [[nodiscard]] const Tip& tip() const { return tip_; }
  /// False: the last block was followed only.
  [[nodiscard]] bool executed() const { return executed_; }
  /// False: the iterate after the last block is not known.
  [[nodiscard]] bool knows_iterate() const { return executed_ || settling_; }

 private:
  std::optional<Fault> settle(const Block& block, const ThinnedDay& day, Tip& tip,
                              ContractState& state) const;
  std::optional<Fault> follow_to_settlement(const Block& block, const ThinnedDay& day, Tip& tip,
                                            ContractState& state) const;
  [[nodiscard]] bool is_last_iteration(const ThinnedDay& day) const;

  const Genesis& genesis_;
  ContractState state_;
  Tip tip_;
  bool executed_ = true;
  bool settling_ = false;  ///< of a thinned day: its settlement can be executed
};

}  // namespace gridtally::ledger
