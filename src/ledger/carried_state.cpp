#include "ledger/carried_state.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/contract_steps.hpp"
#include "ledger/leaf_reader.hpp"

namespace gridtally::ledger {

namespace {

std::vector<double> premium_of(const Genesis& genesis, const market::ClearingPrices& prices) {
  const std::size_t slots = genesis.terms.slots;
  std::vector<double> premium;
  if (prices.premium.empty()) premium.assign(genesis.prosumers.size() * slots, 0.0);
  for (std::size_t u = 0; premium.size() < genesis.prosumers.size() * slots; ++u) {
    const auto own = prices.of(u);
    premium.insert(premium.end(), own.begin(), own.end());
  }
  return premium;
}

std::size_t numbers_of_a_part(const market::Terms& terms) {
  return terms.decision_rows() * terms.slots;
}

/// Numbers of a point that Func A remembers.
std::size_t numbers_of_a_point(const market::Terms& terms) {
  return numbers_of_a_part(terms) * (terms.form == market::Form::collapsed ? 2 : 1);
}

}  // namespace

std::size_t carried_parts(const Genesis& genesis, bool remembers) {
  const std::size_t points = genesis.terms.form == market::Form::collapsed ? 4 : 2;
  return 2 + (remembers ? points : 0) + (genesis.staleness > 0 ? 1 : 0);
}

CarriedState carried_state(const Genesis& genesis, const ContractState& last) {
  CarriedState carried{state_leaf(genesis, last, 0), last.iterate.first,
                       premium_of(genesis, last.prices)};
  const auto append = [&](std::span<const double> numbers) {
    carried.iterate.insert(carried.iterate.end(), numbers.begin(), numbers.end());
  };
  append(last.iterate.second);
  if (const auto& memory = last.iterate.acceleration; memory.point != nullptr) {
    append(*memory.point);
    append(*memory.step);
  }
  append(last.decisions);
  return carried;
}

namespace {

void follow_trading(const Genesis& genesis, const Block& block, ContractState& state) {
  note_iteration(state);
  note_moments(block, state);
  state.iterate.iteration = static_cast<int>(state.turn.iteration);
  state.iterate.residual = block.header.residual;
  state.converged = block.header.converged;
  forget_settlement(state);
  plan_trial(genesis.terms, state);
}

bool everyone_accepts(const Block& block) {
  return std::ranges::all_of(block.transactions, [](const SignedTransaction& transaction) {
    return std::ranges::all_of(transaction.content().acceptances,
                               [](const Acceptance& answer) { return answer.accepted; });
  });
}

/// A round of a trial; whether it reached the gap the header says.
void follow_trial(const Block& block, ContractState& state) {
  ++state.rounds;
  state.converged = block.header.converged;
  const bool over = state.rounds - state.first_round == trial_rounds;
  if (over || everyone_accepts(block)) state.trial = false;
}

Fault fault_at(const Turn& turn, std::string what, std::string expected, std::string found) {
  Fault fault;
  fault.height = turn.height;
  fault.day = turn.day;
  fault.what = std::move(what);
  fault.expected = std::move(expected);
  fault.found = std::move(found);
  return fault;
}

}  // namespace

ContractState follow(const Genesis& genesis, const ContractState& state, const Block& block) {
  ContractState next = state;
  next.turn = next_turn(genesis, state);
  if (starts_day(state)) {
    open_day(genesis, next);
    next.iterate = {};  // its numbers are not known from here on
  }
  if (next.turn.phase == Phase::trading) {
    follow_trading(genesis, block, next);
  } else {
    follow_trial(block, next);
  }
  if (next.turn.phase == Phase::trading && (next.converged || next.trial)) {
    next.first_round = next.rounds;
  }
  count_ballots(block, next);
  return next;
}

std::optional<Fault> check_followed(const Genesis& genesis, const Block& block, Tip& tip,
                                    ContractState& state) {
  if (auto bad = check_place(genesis, tip, state, block)) return bad;
  const Header& header = block.header;
  ContractState next = follow(genesis, state, block);
  if (header.settled || !block.payments.empty()) {
    return fault_at(next.turn, "settlement before the day's last iteration", "none", "one");
  }
  const double residual = next.iterate.residual;
  if (std::bit_cast<std::uint64_t>(residual) != std::bit_cast<std::uint64_t>(header.residual)) {
    return fault_at(next.turn, "residual", to_text(residual), to_text(header.residual));
  }
  state = std::move(next);
  state.head = block_hash(header);
  tip.advance(state.head);
  return std::nullopt;
}

namespace {

/// The iterate of `globals` with the numbers carried over; FormatError when they are not of this
/// day, or not as many as they must be.
void restore_iterate(const Genesis& genesis, const CarriedState& carried, ContractState& state) {
  const market::Terms& terms = genesis.terms;
  auto globals = read_globals_leaf(carried.globals);
  if (globals.run_id != state.run_id || globals.turn.day != state.turn.day ||
      globals.iterate.iteration != state.iterate.iteration) {
    throw FormatError("it is of another day or run");
  }
  const std::size_t part = numbers_of_a_part(terms);
  const std::size_t found = carried.iterate.size();
  const bool remembers = found == part * carried_parts(genesis, true);
  if ((!remembers && found != part * carried_parts(genesis, false)) ||
      carried.premium.size() != genesis.prosumers.size() * terms.slots) {
    throw FormatError("it has " + std::to_string(found) + " and " +
                      std::to_string(carried.premium.size()) + " numbers");
  }
  auto next = carried.iterate.begin();
  const auto take = [&](auto& numbers, std::size_t count) {
    const auto first = std::exchange(next, next + static_cast<std::ptrdiff_t>(count));
    numbers.assign(first, next);
  };
  const auto take_point = [&] {
    auto point = std::make_shared<market::Coordinates>();
    take(*point, numbers_of_a_point(terms));
    return point;
  };
  globals.iterate.residual = state.iterate.residual;
  state.iterate = std::move(globals.iterate);
  take(state.iterate.first, part);
  take(state.iterate.second, part);
  if (remembers) {
    state.iterate.acceleration.point = take_point();
    state.iterate.acceleration.step = take_point();
  }
  if (genesis.staleness > 0) take(state.decisions, part);
  state.passed_since = globals.passed_since;
}

Fault not_carried(const Turn& turn, const std::string& found) {
  return fault_at(turn, "state carried over", "that of the day's last block", found);
}

}  // namespace

std::optional<Fault> open_settlement(const Genesis& genesis, const Header& header,
                                     const CarriedState& carried, ContractState& state) {
  const market::Terms& terms = genesis.terms;
  if (!state.converged && !state.trial) {
    return not_carried(state.turn, "an iteration that no settlement follows");
  }
  try {
    restore_iterate(genesis, carried, state);
  } catch (const FormatError& error) {
    return not_carried(state.turn, error.what());
  }
  if (const Digest root = state_root(genesis, state); root != header.state_root) {
    return fault_at(state.turn, "state root", to_hex(root), to_hex(header.state_root));
  }
  propose_trades(terms, state);
  state.prices = {terms.slots, {}, carried.premium};
  for (std::uint32_t u = 0; u < genesis.prosumers.size(); ++u) state.prices.row.push_back(u);
  state.congestion_rent = market::congestion_rent(terms, state.prices);
  return std::nullopt;
}

bool lacks_decisions(const Block& block) {
  return !block.transactions.empty() && !block.transactions.front().has_rows();
}

Replay::Replay(const Genesis& genesis)
    : genesis_(genesis), state_(initial_state(genesis)), tip_(state_.run_id) {}

std::optional<Fault> Replay::check(const Block& block, const ThinnedDay* thinned, StateRoot root) {
  if (thinned == nullptr) {
    auto bad = check_execution(genesis_, block, tip_, state_, root);
    if (!bad) executed_ = true;
    return bad;
  }
  const bool settles = settling_ && !starts_day(state_);
  Tip tip = tip_;
  ContractState next = state_;
  if (auto bad = settles ? settle(block, *thinned, tip, next)
                         : follow_to_settlement(block, *thinned, tip, next)) {
    return bad;
  }
  tip_ = std::move(tip);
  state_ = std::move(next);
  executed_ = settles;
  settling_ = settles || is_last_iteration(*thinned);
  return std::nullopt;
}

/// The last block proves what nothing before it needed.
std::optional<Fault> Replay::settle(const Block& block, const ThinnedDay& day, Tip& tip,
                                    ContractState& state) const {
  if (auto bad = check_execution(genesis_, block, tip, state)) return bad;
  if (!state.settled || state_leaf(genesis_, state, 0) == day.carried.globals) return std::nullopt;
  return not_carried(state.turn, "another");
}

std::optional<Fault> Replay::follow_to_settlement(const Block& block, const ThinnedDay& day,
                                                  Tip& tip, ContractState& state) const {
  if (auto bad = check_followed(genesis_, block, tip, state)) return bad;
  const Turn& turn = state.turn;
  if (turn.phase != Phase::trading || turn.iteration != day.iterations) return std::nullopt;
  return open_settlement(genesis_, block.header, day.carried, state);
}

bool Replay::is_last_iteration(const ThinnedDay& day) const {
  return state_.turn.phase == Phase::trading && state_.turn.iteration == day.iterations;
}

}  // namespace gridtally::ledger
