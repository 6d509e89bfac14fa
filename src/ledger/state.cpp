// The contract: Func A while a day trades, then repair and settlement of its trades.
#include "ledger/state.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "ledger/contract_steps.hpp"

namespace gridtally::ledger {
namespace {

using Transactions = std::span<const SignedTransaction>;

/// Decisions in canonical order (Terms::decision_offset), from rows in prosumer order.
std::vector<double> gather_decisions(const market::Terms& terms, Transactions transactions) {
  std::vector<double> decisions;
  decisions.reserve(terms.decision_rows() * terms.slots);
  for (const SignedTransaction& transaction : transactions) {
    for (const Decision& row : transaction.content().decisions) {
      decisions.insert(decisions.end(), row.numbers.begin(), row.numbers.end());
    }
  }
  if (decisions.size() != terms.decision_rows() * terms.slots) {
    throw Error("a block with " + std::to_string(decisions.size()) + " decided numbers, not " +
                std::to_string(terms.decision_rows() * terms.slots));
  }
  return decisions;
}

void note_decisions(const Genesis& genesis, const Block& block, ContractState& state) {
  const market::Terms& terms = genesis.terms;
  note_moments(block, state);
  if (genesis.staleness == 0) return;
  for (const SignedTransaction& transaction : block.transactions) {
    for (const Decision& row : transaction.content().decisions) {
      const auto offset = static_cast<std::ptrdiff_t>(terms.decision_offset(row.prosumer));
      std::copy(row.numbers.begin(), row.numbers.end(), state.decisions.begin() + offset);
    }
  }
}

/// Each meter's latest of the day. A late θ = (price − π)/ρ keeps its price where ρ has changed
/// since; a late p_uv is what it is.
std::vector<double> latest_decisions(const Genesis& genesis, const ContractState& state) {
  const market::Terms& terms = genesis.terms;
  std::vector<double> decisions = state.decisions;
  if (terms.form == market::Form::pairwise) return decisions;
  for (std::size_t m = 0; m < genesis.meters.size(); ++m) {
    const double rho = state.penalties[state.decided[m] - 1];
    if (rho == state.iterate.rho) continue;
    const Meter& meter = genesis.meters[m];
    const std::size_t first = terms.decision_offset(meter.first);
    for (std::size_t i = first; i < first + meter.count * terms.slots; ++i) {
      decisions[i] = decisions[i] * rho / state.iterate.rho;
    }
  }
  return decisions;
}

/// Iteration of the oldest decision that Func A uses.
std::uint32_t oldest_decision(const ContractState& state) {
  const auto oldest = std::min_element(state.decided.begin(), state.decided.end());
  if (*oldest > 0) return *oldest;
  throw Error("no decision yet of meter " + std::to_string(oldest - state.decided.begin()) +
              " on day " + std::to_string(state.turn.day));
}

/// The stop test. Late decisions answered earlier iterates: it must have been passed by all of
/// them since, or a meter that says nothing would look like one that agrees.
bool stop_test(const market::Terms& terms, ContractState& state) {
  const auto k = static_cast<std::uint32_t>(state.iterate.iteration);
  if (!market::converged(terms, state.iterate)) {
    state.passed_since = 0;
  } else if (state.passed_since == 0) {
    state.passed_since = k;
  }
  return state.passed_since > 0 && oldest_decision(state) >= state.passed_since;
}

void forget_decisions(const Genesis& genesis, ContractState& state) {
  const std::size_t numbers = genesis.terms.decision_rows() * genesis.terms.slots;
  state.decided.assign(genesis.meters.size(), 0);
  state.decisions.assign(genesis.staleness > 0 ? numbers : 0, 0.0);
}

}  // namespace

void forget_settlement(ContractState& state) {
  state.trades.reset();
  state.net_trades.clear();
  state.prices = {};
  state.congestion_rent = 0.0;
  state.answers.clear();
  state.bills.clear();
}

void open_day(const Genesis& genesis, ContractState& state) {
  state.converged = false;
  state.settled = false;
  state.iterate = market::initial_iterate(genesis.terms);
  state.node_prices.clear();
  state.trading_heights.clear();
  state.trading_parents.clear();
  state.penalties.clear();
  state.passed_since = 0;
  forget_decisions(genesis, state);
  state.rounds = state.first_round = 0;
  state.trial = false;
  state.tried = 0;
  state.tried_residual = 0.0;
}

namespace {

/// The gap is worth a trial once the residual has halved since the last one, and at the very end.
bool trial_is_due(const market::Terms& terms, const ContractState& state) {
  if (!(terms.gap > 0.0) || state.converged) return false;
  const int k = state.iterate.iteration;
  if (k >= terms.max_iterations) return true;
  if (k < state.tried + trial_spacing) return false;
  return state.tried == 0 || state.iterate.residual <= 0.5 * state.tried_residual;
}

}  // namespace

void plan_trial(const market::Terms& terms, ContractState& state) {
  state.trial = trial_is_due(terms, state);
  if (!state.trial) return;
  state.tried = state.iterate.iteration;
  state.tried_residual = state.iterate.residual;
}

void propose_trades(const market::Terms& terms, ContractState& state) {
  state.first_round = state.rounds;
  state.trades =
      std::make_shared<const std::vector<double>>(market::all_trades(terms, state.iterate));
  state.net_trades = market::net_trades(terms, *state.trades);
}

void note_iteration(ContractState& state) {
  state.trading_heights.push_back(state.turn.height);
  state.trading_parents.push_back(state.head);
}

void note_moments(const Block& block, ContractState& state) {
  for (const SignedTransaction& transaction : block.transactions) {
    const Transaction& content = transaction.content();
    state.decided[content.meter] = content.turn.iteration;
  }
}

namespace {

void trade(const Genesis& genesis, const Block& block, ContractState& state) {
  const market::Terms& terms = genesis.terms;
  note_iteration(state);
  state.penalties.push_back(state.iterate.rho);
  note_decisions(genesis, block, state);
  const std::uint32_t age = state.turn.iteration - oldest_decision(state);
  const auto decisions = genesis.staleness == 0 ? gather_decisions(terms, block.transactions)
                                                : latest_decisions(genesis, state);
  const auto before =
      std::exchange(state.node_prices, market::node_prices(terms, state.iterate, decisions));
  market::dual_update(terms, decisions, state.iterate, age);
  forget_settlement(state);
  state.converged = stop_test(terms, state);
  plan_trial(terms, state);
  if (!state.converged && !state.trial) return;
  propose_trades(terms, state);
  state.prices = market::clearing_prices(terms, state.iterate, state.node_prices, before);
  state.congestion_rent = market::congestion_rent(terms, state.prices);
}

/// Fills the answers, in which who could not pay stays marked; returns the changes asked for,
/// row-major [prosumers][T].
std::vector<double> gather_answers(const Genesis& genesis, Transactions transactions,
                                   ContractState& state) {
  std::vector<double> change;
  change.reserve(genesis.prosumers.size() * genesis.terms.slots);
  const std::vector<Answer> before = std::exchange(state.answers, {});
  for (const SignedTransaction& transaction : transactions) {
    for (const Acceptance& row : transaction.content().acceptances) {
      const bool unfunded = row.prosumer < before.size() && before[row.prosumer].unfunded;
      state.answers.push_back({row.accepted, row.cost, row.cost_alone, row.bound, unfunded});
      change.insert(change.end(), row.change.begin(), row.change.end());
    }
  }
  if (state.answers.size() != genesis.prosumers.size()) {
    throw Error("a block with " + std::to_string(state.answers.size()) + " answers, not " +
                std::to_string(genesis.prosumers.size()));
  }
  return change;
}

/// (UB − LB)/max(1, |UB|) of the answers (model.md 4).
double certified_gap(const ContractState& state) {
  const DayTotals totals = day_totals(state);
  return (totals.cost - totals.bound) / std::max(1.0, std::abs(totals.cost));
}

/// Marks whose account would go below zero; true when there is anyone. Accounts without an opening
/// balance may.
bool mark_unfunded(const Genesis& genesis, const std::vector<std::int64_t>& bills,
                   ContractState& state) {
  bool any = false;
  for (std::size_t u = 0; u < bills.size(); ++u) {
    if (!genesis.opening_balances[u] || bills[u] <= state.balances[u]) continue;
    state.answers[u].unfunded = true;
    any = true;
  }
  return any;
}

/// Everyone accepts: the day settles, unless a trial misses its gap or someone cannot pay. A trial
/// that reaches its gap is one no longer: the iterate is good, whatever the accounts then allow.
void close_day(const Genesis& genesis, ContractState& state) {
  state.converged = !state.trial || certified_gap(state) <= genesis.terms.gap;
  state.trial = false;
  if (!state.converged) return;
  std::vector<std::int64_t> bills = market::settle(genesis.terms, *state.trades);
  if (mark_unfunded(genesis, bills, state)) return;
  state.settled = true;
  state.bills = std::move(bills);
}

/// The trades to ask about next. Who refuses is helped or, after the repair rounds, left alone; who
/// could not pay is left alone.
void change_trades(const market::Terms& terms, const std::vector<double>& change,
                   ContractState& state) {
  const bool repairs = state.rounds - state.first_round <= repair_rounds;
  auto trades = std::make_shared<std::vector<double>>(*state.trades);
  if (repairs) market::repair_trades(terms, change, *trades);
  for (std::size_t u = 0; u < state.answers.size(); ++u) {
    const Answer& answer = state.answers[u];
    if (answer.unfunded || (!answer.accepted && !repairs)) market::cancel_trades(terms, u, *trades);
  }
  state.trades = std::move(trades);
  state.net_trades = market::net_trades(terms, *state.trades);
}

void settle(const Genesis& genesis, Transactions transactions, ContractState& state) {
  const std::vector<double> change = gather_answers(genesis, transactions, state);
  const auto accepted = [](const Answer& answer) { return answer.accepted; };
  ++state.rounds;
  if (std::all_of(state.answers.begin(), state.answers.end(), accepted)) {
    close_day(genesis, state);
  } else if (state.trial && state.rounds - state.first_round == trial_rounds) {
    state.trial = false;
  }
  if (state.settled || (!state.converged && !state.trial)) return;
  change_trades(genesis.terms, change, state);
}

void pay(std::vector<std::int64_t>& balances, const Payment& payment) {
  if (__builtin_sub_overflow(balances[payment.from], payment.amount, &balances[payment.from]) ||
      __builtin_add_overflow(balances[payment.to], payment.amount, &balances[payment.to])) {
    throw Error("a payment of " + std::to_string(payment.amount) + " micro-cents from prosumer " +
                std::to_string(payment.from) + " to prosumer " + std::to_string(payment.to) +
                " is more than an account can hold");
  }
}

}  // namespace

void count_ballots(const Block& block, ContractState& state) {
  for (const Ballot& ballot : block.ballots) {
    state.ballot_nonces[ballot.voter] = ballot.nonce;
    state.membership.cast(ballot.voter, ballot.candidate, ballot.add);
  }
  state.membership.close_block(state.turn.height, block.header.proposer);
  state.ballot_nonces.resize(state.membership.known().size(), 0);
}

bool starts_day(const ContractState& state) { return state.turn.height == 0 || state.settled; }

ContractState initial_state(const Genesis& genesis) {
  ContractState state;
  state.run_id = run_id(genesis);
  state.head = state.run_id;
  state.iterate = market::initial_iterate(genesis.terms);
  state.membership = Membership(genesis.validators, genesis.vote_epoch);
  state.ballot_nonces.assign(genesis.validators.size(), 0);
  for (const auto& balance : genesis.opening_balances) {
    state.balances.push_back(balance.value_or(0));
  }
  forget_decisions(genesis, state);
  return state;
}

std::uint64_t most_rounds(const Genesis& genesis) {
  return repair_rounds + 2 * std::uint64_t{genesis.prosumers.size()} + 1;
}

Outcome outcome(const Genesis& genesis, const ContractState& state) {
  const Turn& turn = state.turn;
  if (turn.height == 0) return Outcome::running;
  if (turn.phase == Phase::trading) {
    const auto most = static_cast<std::uint32_t>(genesis.terms.max_iterations);
    const bool goes_on = state.converged || state.trial || turn.iteration < most;
    return goes_on ? Outcome::running : Outcome::not_converged;
  }
  if (state.settled) {
    return turn.day + 1 < genesis.days ? Outcome::running : Outcome::completed;
  }
  if (!state.converged) {
    const bool goes_on = state.trial || state.iterate.iteration < genesis.terms.max_iterations;
    return goes_on ? Outcome::running : Outcome::not_converged;
  }
  return state.rounds - state.first_round < most_rounds(genesis) ? Outcome::running
                                                                 : Outcome::not_settled;
}

Turn next_turn(const Genesis& genesis, const ContractState& state) {
  if (outcome(genesis, state) != Outcome::running) {
    throw Error("the run ended at height " + std::to_string(state.turn.height));
  }
  Turn next = state.turn;
  ++next.height;
  if (starts_day(state)) {
    next.day = state.turn.height == 0 ? 0 : state.turn.day + 1;
    next.phase = Phase::trading;
    next.iteration = 1;
  } else if (state.converged || state.trial) {
    next.phase = Phase::settlement;
    next.iteration = state.rounds + 1;
  } else {
    next.phase = Phase::trading;
    next.iteration = static_cast<std::uint32_t>(state.iterate.iteration) + 1;
  }
  return next;
}

const Digest& due_parent(const ContractState& state, const Turn& own) {
  const bool late = own.height <= state.turn.height;
  return late ? state.trading_parents.at(own.iteration - 1) : state.head;
}

market::Iterate next_iterate(const Genesis& genesis, const ContractState& state) {
  return starts_day(state) ? market::initial_iterate(genesis.terms) : state.iterate;
}

ContractState apply(const Genesis& genesis, const ContractState& state, const Block& block) {
  ContractState next = state;
  next.turn = next_turn(genesis, state);
  if (starts_day(state)) open_day(genesis, next);
  if (next.turn.phase == Phase::trading) {
    trade(genesis, block, next);
  } else {
    settle(genesis, block.transactions, next);
  }
  for (const Payment& payment : payments(next)) pay(next.balances, payment);
  count_ballots(block, next);
  return next;
}

std::vector<Payment> payments(const ContractState& state) {
  if (!state.settled) return {};
  return payments_of(state.bills);
}

std::vector<std::uint32_t> unfunded(const ContractState& state) {
  std::vector<std::uint32_t> prosumers;
  for (std::uint32_t u = 0; u < state.answers.size(); ++u) {
    if (state.answers[u].unfunded) prosumers.push_back(u);
  }
  return prosumers;
}

DayTotals day_totals(const ContractState& state) {
  DayTotals totals;
  for (const Answer& answer : state.answers) {
    totals.cost += answer.cost;
    totals.cost_alone += answer.cost_alone;
    totals.bound += answer.bound;
  }
  totals.bound -= state.congestion_rent;
  return totals;
}

}  // namespace gridtally::ledger
