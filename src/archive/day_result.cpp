#include "archive/day_result.hpp"

#include <bit>
#include <limits>
#include <span>

#include "archive/layout.hpp"

namespace gridtally::archive {

namespace {
void set_pairs(const ledger::Genesis& genesis, const ledger::ContractState& state,
               DayResult& result) {
  const auto& terms = genesis.terms;
  result.trade = state.trades ? *state.trades : market::all_trades(terms, state.iterate);
  result.price.resize(result.trade.size());
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    market::read_price(terms, state.iterate, arc,
                       std::span(result.price).subspan(arc * terms.slots, terms.slots));
  }
}

void set_answers(const ledger::ContractState& state, DayResult& result) {
  const auto unknown = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t u = 0; u < result.cost.size(); ++u) {
    if (state.settled && state.answers[u].unfunded) result.unfunded[u] = 1;
    result.cost[u] = state.settled ? state.answers[u].cost : unknown;
    result.cost_alone[u] = state.settled ? state.answers[u].cost_alone : unknown;
    result.bound[u] = state.settled ? state.answers[u].bound : unknown;
  }
}
}  // namespace

DayResult day_result(const ledger::Genesis& genesis, const ledger::ContractState& state) {
  const auto prosumers = genesis.prosumers.size();
  DayResult result;
  result.day = state.turn.day;
  result.converged = state.converged;
  result.settled = state.settled;
  result.iterations = static_cast<std::uint32_t>(state.iterate.iteration);
  result.rounds = state.rounds;
  result.residual = state.iterate.residual;
  result.net_trade =
      state.trades ? state.net_trades : market::net_trades(genesis.terms, state.iterate);
  if (lists_pairs(genesis)) set_pairs(genesis, state, result);
  result.bill = state.settled ? state.bills : std::vector<std::int64_t>(prosumers, 0);
  result.balance = state.balances;
  result.unfunded.assign(prosumers, 0);
  result.cost.resize(prosumers);
  result.cost_alone.resize(prosumers);
  result.bound.resize(prosumers);
  set_answers(state, result);
  result.congestion_rent = state.congestion_rent;
  result.carried = ledger::carried_state(genesis, state);
  return result;
}

namespace {
bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::bit_cast<std::uint64_t>(a[i]) != std::bit_cast<std::uint64_t>(b[i])) return false;
  }
  return true;
}
}  // namespace

bool identical(const DayResult& a, const DayResult& b) {
  return a.day == b.day && a.converged == b.converged && a.settled == b.settled &&
         a.iterations == b.iterations && a.rounds == b.rounds &&
         same_bits({a.residual}, {b.residual}) && same_bits(a.trade, b.trade) &&
         same_bits(a.price, b.price) && same_bits(a.net_trade, b.net_trade) && a.bill == b.bill &&
         a.balance == b.balance && a.unfunded == b.unfunded && same_bits(a.cost, b.cost) &&
         same_bits(a.cost_alone, b.cost_alone) && same_bits(a.bound, b.bound) &&
         same_bits({a.congestion_rent}, {b.congestion_rent}) &&
         same_bits(a.carried.premium, b.carried.premium);
}

}  // namespace gridtally::archive
