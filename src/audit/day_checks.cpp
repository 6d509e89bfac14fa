#include "audit/day_checks.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <numeric>

#include "base/crew.hpp"
#include "base/text.hpp"

namespace gridtally::audit {

namespace {

// Rounding that sums of costs and bounds may leave, relative.
constexpr double money_tolerance = 1e-9;

std::string pair_text(const market::Arc& arc) {
  return "trade of " + std::to_string(arc.from) + " with " + std::to_string(arc.to);
}

Finding finding_at(const ledger::ContractState& state, std::string what) {
  Finding finding;
  finding.height = state.turn.height;
  finding.day = state.turn.day;
  finding.what = std::move(what);
  return finding;
}

bool has_mirrors(const ledger::Genesis& genesis, const std::vector<double>& trades) {
  const auto& graph = genesis.terms.graph;
  const auto slots = genesis.terms.slots;
  std::atomic<bool> good{true};
  share_rows(graph.arcs(), slots, [&](std::size_t first, std::size_t last) {
    for (std::size_t arc = first; arc < last && good; ++arc) {
      const auto mirror = graph.mirror(arc);
      if (mirror < arc) continue;
      const double* there = &trades[arc * slots];
      const double* back = &trades[mirror * slots];
      if (!std::equal(there, there + slots, back, [](double a, double b) { return a == -b; })) {
        good = false;
      }
    }
  });
  return good;
}

std::optional<Finding> check_mirrors(const ledger::Genesis& genesis,
                                     const ledger::ContractState& state) {
  const auto& graph = genesis.terms.graph;
  const auto slots = genesis.terms.slots;
  const auto& trades = *state.trades;
  if (has_mirrors(genesis, trades)) return std::nullopt;
  for (std::size_t i = 0; i < trades.size(); ++i) {
    const auto arc = i / slots;
    const double mirrored = -trades[graph.mirror(arc) * slots + i % slots];
    if (trades[i] == mirrored) continue;
    auto bad = finding_at(state, pair_text(graph.arc(arc)) + " has no exact mirror");
    bad.prosumer = graph.arc(arc).from;
    bad.slot = static_cast<std::uint32_t>(i % slots);
    bad.expected = to_text(mirrored);
    bad.found = to_text(trades[i]);
    return bad;
  }
  return std::nullopt;
}

std::optional<Finding> check_bills(const ledger::ContractState& state) {
  std::int64_t sum = 0;
  for (const auto bill : state.bills) sum += bill;
  if (sum == 0) return std::nullopt;
  auto bad = finding_at(state, "sum of the bills [micro-cents]");
  bad.expected = "0";
  bad.found = std::to_string(sum);
  return bad;
}

std::optional<Finding> check_bound(const ledger::ContractState& state) {
  const auto totals = ledger::day_totals(state);
  const double room = money_tolerance * std::max(1.0, std::abs(totals.cost));
  if (totals.bound <= totals.cost + room) return std::nullopt;
  auto bad = finding_at(state, "lower bound of the day's cost [cents]");
  bad.expected = "at most the cost " + to_text(totals.cost);
  bad.found = to_text(totals.bound);
  return bad;
}

std::optional<Finding> compare_account(const ledger::ContractState& state, const char* what,
                                       std::size_t prosumer, std::int64_t expected,
                                       std::int64_t found) {
  if (expected == found) return std::nullopt;
  auto bad = finding_at(state, what);
  bad.prosumer = static_cast<std::uint32_t>(prosumer);
  bad.expected = std::to_string(expected);
  bad.found = std::to_string(found);
  return bad;
}

std::optional<Finding> check_total(const ledger::Genesis& genesis,
                                   const ledger::ContractState& state) {
  std::int64_t opened = 0;
  for (const auto& balance : genesis.opening_balances) opened += balance.value_or(0);
  const auto held = std::accumulate(state.balances.begin(), state.balances.end(), std::int64_t{0});
  if (opened == held) return std::nullopt;
  auto bad = finding_at(state, "sum of the balances [micro-cents]");
  bad.expected = std::to_string(opened);
  bad.found = std::to_string(held);
  return bad;
}

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}
bool same(std::int64_t a, std::int64_t b) { return a == b; }
bool same(std::uint8_t a, std::uint8_t b) { return a == b; }
std::string text_of(double value) { return to_text(value); }
std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(std::uint8_t value) { return std::to_string(value); }

/// Compares the arrays of two results; names the first number that differs.
class ResultComparison {
 public:
  ResultComparison(const ledger::Genesis& genesis, Finding place)
      : genesis_(genesis), place_(std::move(place)) {}

  /// `row`: numbers a row; 1: one a prosumer.
  template <typename T>
  std::optional<Finding> array(const char* what, const std::vector<T>& expected,
                               const std::vector<T>& found, bool pairs, std::size_t row) {
    if (expected.size() != found.size()) {
      return finding(what, std::to_string(expected.size()) + " numbers",
                     std::to_string(found.size()));
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (same(expected[i], found[i])) continue;
      const auto& graph = genesis_.terms.graph;
      auto bad = finding(what, text_of(expected[i]), text_of(found[i]));
      bad.prosumer = static_cast<std::uint32_t>(i / row);
      if (pairs) {
        bad.prosumer = graph.arc(i / row).from;
        bad.what += " with " + std::to_string(graph.arc(i / row).to);
      }
      if (row > 1) bad.slot = static_cast<std::uint32_t>(i % row);
      return bad;
    }
    return std::nullopt;
  }

  [[nodiscard]] Finding finding(const char* what, std::string expected, std::string found) const {
    Finding bad = place_;
    bad.what = std::string("/result/") + what;
    bad.expected = std::move(expected);
    bad.found = std::move(found);
    return bad;
  }

 private:
  const ledger::Genesis& genesis_;
  Finding place_;
};

std::string facts(const archive::DayResult& result) {
  return std::string(result.converged ? "converged" : "not converged") + ", " +
         (result.settled ? "settled" : "not settled") + ", " + std::to_string(result.iterations) +
         " iterations, " + std::to_string(result.rounds) + " rounds, residual " +
         to_text(result.residual) + ", congestion rent " + to_text(result.congestion_rent);
}

}  // namespace

std::optional<Finding> check_settled_day(const ledger::Genesis& genesis,
                                         const ledger::ContractState& state) {
  if (auto bad = check_mirrors(genesis, state)) return bad;
  if (auto bad = check_bills(state)) return bad;
  return check_bound(state);
}

std::optional<Finding> check_accounts(const ledger::Genesis& genesis,
                                      const std::vector<ledger::Payment>& payments,
                                      const std::vector<std::int64_t>& before,
                                      const ledger::ContractState& state) {
  std::vector<std::int64_t> paid(state.bills.size(), 0);
  for (const auto& payment : payments) {
    paid[payment.from] += payment.amount;
    paid[payment.to] -= payment.amount;
  }
  for (std::size_t u = 0; u < paid.size(); ++u) {
    const auto compare = [&](const char* what, std::int64_t expected, std::int64_t found) {
      return compare_account(state, what, u, expected, found);
    };
    if (auto bad = compare("paid for the bill [micro-cents]", state.bills[u], paid[u])) return bad;
    if (auto bad = compare("balance [micro-cents]", before[u] - paid[u], state.balances[u])) {
      return bad;
    }
    if (!genesis.opening_balances[u] || state.balances[u] >= 0) continue;
    return compare("balance, at least [micro-cents]", 0, state.balances[u]);
  }
  return check_total(genesis, state);
}

std::optional<Finding> compare_results(const ledger::Genesis& genesis,
                                       const archive::DayResult& expected,
                                       const archive::DayResult& found, const std::string& file,
                                       std::uint64_t height) {
  if (archive::identical(expected, found)) return std::nullopt;
  Finding place;
  place.file = file;
  place.height = height;
  place.day = expected.day;
  const auto slots = genesis.terms.slots;
  ResultComparison compare(genesis, place);
  if (auto bad = compare.array("trade", expected.trade, found.trade, true, slots)) return bad;
  if (auto bad = compare.array("price", expected.price, found.price, true, slots)) return bad;
  if (auto bad = compare.array("net_trade", expected.net_trade, found.net_trade, false, slots)) {
    return bad;
  }
  if (auto bad =
          compare.array("premium", expected.carried.premium, found.carried.premium, false, slots)) {
    return bad;
  }
  if (auto bad = compare.array("bill", expected.bill, found.bill, false, 1)) return bad;
  if (auto bad = compare.array("balance", expected.balance, found.balance, false, 1)) return bad;
  if (auto bad = compare.array("unfunded", expected.unfunded, found.unfunded, false, 1)) {
    return bad;
  }
  if (auto bad = compare.array("cost", expected.cost, found.cost, false, 1)) return bad;
  if (auto bad = compare.array("cost_alone", expected.cost_alone, found.cost_alone, false, 1)) {
    return bad;
  }
  if (auto bad = compare.array("bound", expected.bound, found.bound, false, 1)) return bad;
  return compare.finding("(attributes)", facts(expected), facts(found));
}

}  // namespace gridtally::audit
