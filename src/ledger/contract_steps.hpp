#pragma once

#include "ledger/state.hpp"

namespace gridtally::ledger {

// Steps of `apply` that need no decisions, for `follow` (carried_state.hpp) to take as well. Nobody
// else calls them.

bool starts_day(const ContractState& state);
void open_day(const Genesis& genesis, ContractState& state);
/// Drops trades, prices and answers of a settlement, as each trading block does.
void forget_settlement(ContractState& state);
/// Notes whether a trial of the gap is due after the iteration at hand.
void plan_trial(const market::Terms& terms, ContractState& state);
/// Begins a settlement at the iterate's trades.
void propose_trades(const market::Terms& terms, ContractState& state);
/// Where in the chain the iteration at hand stands.
void note_iteration(ContractState& state);
/// Each meter's latest iteration of the day.
void note_moments(const Block& block, ContractState& state);
void count_ballots(const Block& block, ContractState& state);

}  // namespace gridtally::ledger
