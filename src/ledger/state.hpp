#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ledger/block.hpp"
#include "ledger/membership.hpp"
#include "market/clearing.hpp"

namespace gridtally::ledger {

/// Settlement rounds in which trades are repaired; later ones cancel the trades of who still
/// refuses.
inline constexpr std::uint32_t repair_rounds = 20;
/// Settlement rounds of one trial of the certified gap; repairs included.
inline constexpr std::uint32_t trial_rounds = 4;
/// Least number of iterations from one trial to the next.
inline constexpr int trial_spacing = 5;

/// What a meter answered last about the day's schedule.
struct Answer {
  bool accepted = false;
  double cost = 0.0;        ///< [cents]
  double cost_alone = 0.0;  ///< [cents]
  double bound = 0.0;       ///< [cents]
  bool unfunded = false;    ///< could not have paid its bill: this settlement gives it no trades
  bool operator==(const Answer&) const = default;
};

/// The contract after a block. `turn` is that block's; before the first, height 0.
struct ContractState {
  Digest run_id{};
  Turn turn;
  Digest head{};                               ///< that block's hash; the run id before the first
  bool converged = false;                      ///< one of the day's stop tests has passed
  bool settled = false;                        ///< the day is closed: bills are final
  Membership membership;                       ///< who validates the next block
  std::vector<std::uint64_t> ballot_nonces;    ///< of each known validator's last ballot; 0: none
  std::vector<std::int64_t> balances;          ///< of each prosumer's account [micro-cents]
  market::Iterate iterate;                     ///< the day's, as of its last trading block
  std::vector<std::uint64_t> trading_heights;  ///< of the day's iterations 1 … k
  std::vector<Digest> trading_parents;         ///< hashes of the blocks before those
  std::vector<double> penalties;               ///< ρ that they were decided under [cents/kWh²]
  /// First iteration of the latest unbroken row of those that passed the stop test; 0: none.
  std::uint32_t passed_since = 0;
  /// One a meter: iteration of the day's latest decision that Func A has; 0: none yet.
  std::vector<std::uint32_t> decided;
  /// Where Genesis::staleness > 0: those decisions, in canonical order (Terms::decision_offset);
  /// zeros for none.
  std::vector<double> decisions;
  /// Of its last trading block, row-major [prosumers][T] [cents/kWh]; empty before the day's first.
  std::vector<double> node_prices;

  // Settlement rounds count through the day. One that follows the stop test ε is final; one under
  // Terms::gap alone is a trial: where the gap is missed, trading goes on from the same iterate.
  std::uint32_t rounds = 0;       ///< settlement blocks of the day so far
  std::uint32_t first_round = 0;  ///< rounds before the settlement that is under way or was last
  bool trial = false;             ///< a trial is under way, or comes next
  int tried = 0;                  ///< iteration of the last trial; 0: none yet
  double tried_residual = 0.0;    ///< its residual [kWh]

  /// Since a settlement began, else null/empty:
  std::shared_ptr<const std::vector<double>>
      trades;                       ///< p', row-major [arcs][T] [kWh], antisymmetric
  std::vector<double> net_trades;   ///< s, row-major [prosumers][T] [kWh]
  market::ClearingPrices prices;    ///< q: where the lower bound is evaluated
  double congestion_rent = 0.0;     ///< the limits' part of the lower bound [cents]
  std::vector<Answer> answers;      ///< one a prosumer; of the last settlement round
  std::vector<std::int64_t> bills;  ///< [micro-cents], one a prosumer; only when settled
};

enum class Outcome : std::uint8_t {
  running = 0,
  completed = 1,      ///< every day settled
  not_converged = 2,  ///< max_iterations reached
  not_settled = 3,    ///< a prosumer refused even a day without trades
};

/// Settlement rounds after which a converged day ends as not settled. Each round after the repairs
/// leaves alone one more who refuses, or one more who cannot pay.
std::uint64_t most_rounds(const Genesis& genesis);

ContractState initial_state(const Genesis& genesis);
Outcome outcome(const Genesis& genesis, const ContractState& state);
/// The next block's turn; Error when the run has ended.
Turn next_turn(const Genesis& genesis, const ContractState& state);
/// The iterate that the next block's decisions start from (fresh at the start of a day).
market::Iterate next_iterate(const Genesis& genesis, const ContractState& state);

/// What a transaction of turn `own` names as its parent, where it may stand in the block after
/// `state`: one of that block's turn, or a late one whose height is right.
const Digest& due_parent(const ContractState& state, const Turn& own);

/// Executes one block: the only implementation, for proposer, validators and auditor. Of `block`
/// its transactions, ballots and header.proposer count; they must have passed check_form and
/// check_place (chain.hpp). The head stays: the block has no hash yet. Func A in trading; repair or
/// settlement and payment after it; then the ballots: a change of membership counts from the next
/// height.
ContractState apply(const Genesis& genesis, const ContractState& state, const Block& block);

/// Of the day that `state` has just settled; none after any other block.
std::vector<Payment> payments(const ContractState& state);
/// Prosumers that could not pay in the settlement that is under way or was last, ascending.
std::vector<std::uint32_t> unfunded(const ContractState& state);

/// Leaf 0 is the globals; leaf 1 + u is prosumer u's.
Bytes state_leaf(const Genesis& genesis, const ContractState& state, std::size_t leaf);
std::vector<Digest> state_leaf_hashes(const Genesis& genesis, const ContractState& state);
Digest state_root(const Genesis& genesis, const ContractState& state);

/// Sums of a settled day, in prosumer order [cents].
struct DayTotals {
  double cost = 0.0;        ///< of all schedules: an upper bound of the optimum
  double cost_alone = 0.0;  ///< without trading
  double bound = 0.0;       ///< lower bound of the optimum: Σ bounds − congestion rent
};
DayTotals day_totals(const ContractState& state);

}  // namespace gridtally::ledger
