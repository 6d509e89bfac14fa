// Real homes, some of whose meters are always late: the day still ends at the optimum.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "admm/households.hpp"
#include "ledger/tiny_market.hpp"
#include "model/community_folder.hpp"

namespace gridtally::ledger {
namespace {

/// What a day came to.
struct Day {
  std::uint32_t iterations = 0;
  double cost = 0.0;  ///< [cents]
  double gap = 0.0;   ///< certified
};

/// The ten homes of inputs/ten-homes-week with one meter each and one validator; the meters of
/// `late` are always `behind` iterations behind.
class TenHomes {
 public:
  TenHomes(std::uint32_t behind, std::vector<std::uint32_t> late)
      : behind_(behind), late_(std::move(late)), market_(1), homes_(households(), terms()) {
    fill_genesis();
    state_ = initial_state(market_.genesis);
    tip_ = Tip(state_.run_id);
  }

  /// Runs the next day; every block is made and then checked as by an auditor.
  Day run_day() {
    homes_.start_day(state_.settled ? state_.turn.day + 1 : 0);
    std::vector<std::vector<SignedTransaction>> said;  // in each iteration
    Tip tip = tip_;
    Day day;
    do {
      said.push_back(said_now());
      const bool trading = next_turn(market_.genesis, state_).phase == Phase::trading;
      ContractState made = state_;
      const auto committed =
          market_.commit(made, tip, Draft{0, 0, trading ? arrived(said) : said.back(), {}});
      const auto fault = check_block(market_.genesis, committed, tip_, state_, verifier_);
      EXPECT_FALSE(fault) << describe(*fault);
      if (trading) day.iterations = state_.turn.iteration;
    } while (!state_.settled && outcome(market_.genesis, state_) == Outcome::running);
    EXPECT_TRUE(state_.settled);
    homes_.adopt_schedules();
    const DayTotals totals = day_totals(state_);
    day.cost = totals.cost;
    day.gap = (totals.cost - totals.bound) / std::max(1.0, std::abs(totals.cost));
    return day;
  }

 private:
  static const model::Community& community() {
    static const model::Community read = model::read_community(
        std::filesystem::path(GRIDTALLY_SOURCE_DIR) / "inputs" / "ten-homes-week");
    return read;
  }
  static std::vector<admm::Household> households() {
    std::vector<admm::Household> all;
    for (std::uint32_t u = 0; u < community().size(); ++u) {
      all.push_back({u, community().size() - 1, community().prosumers[u], community().profiles[u]});
    }
    return all;
  }
  static admm::PublicTerms terms() {
    const auto& settings = community().settings;
    return {static_cast<std::size_t>(settings.slots_per_day),
            settings.peak_price,
            settings.p2p_price,
            30.0,
            community().tariff.grid_price,
            community().tariff.reserve_price};
  }

  void fill_genesis() {
    Genesis& genesis = market_.genesis;
    const admm::PublicTerms known = terms();
    genesis.prosumers.clear();
    genesis.meters.clear();
    market_.meter_keys.clear();
    for (std::uint32_t u = 0; u < community().size(); ++u) {
      genesis.prosumers.push_back(community().prosumers[u].name);
      market_.meter_keys.push_back(test_key(1, static_cast<std::uint8_t>(u)));
      genesis.meters.push_back({market_.meter_keys[u].public_key(), u, 1});
    }
    genesis.input_commitments.resize(community().size());
    genesis.opening_balances.resize(community().size());
    genesis.days = static_cast<std::uint32_t>(community().settings.days);
    genesis.grid_price = known.grid_price;
    genesis.reserve_price = known.reserve_price;
    genesis.staleness = behind_;
    genesis.terms.slots = known.slots;
    genesis.terms.p2p_price = known.p2p_price;
    genesis.terms.rho = known.rho;
    genesis.terms.memory = 8;
    genesis.terms.max_iterations = 5000;
    genesis.terms.graph = community().partners;
  }

  /// What every meter works out on the state.
  std::vector<SignedTransaction> said_now() {
    const Turn turn = next_turn(market_.genesis, state_);
    std::vector<admm::Answer> answers;
    if (turn.phase == Phase::trading) {
      const market::Iterate iterate = next_iterate(market_.genesis, state_);
      homes_.solve(market::offers(market_.genesis.terms, iterate), iterate.rho);
    } else {
      answers = homes_.settle(state_.net_trades, state_.prices);
    }
    std::vector<SignedTransaction> all;
    for (std::uint32_t u = 0; u < homes_.size(); ++u) {
      Transaction content = make_transaction(state_.run_id, turn, state_.head, u);
      if (answers.empty()) {
        content.decisions.push_back({u, theta(u), Digest{}});
      } else {
        const auto& [accepted, change, cost, alone, bound] = answers[u];
        content.acceptances.push_back({u, accepted, change, cost, alone, bound, Digest{}});
        canonicalise(content.acceptances[0].change);
      }
      all.push_back(sign_transaction(std::move(content), market_.meter_keys[u]));
    }
    return all;
  }
  std::vector<double> theta(std::uint32_t u) const {
    std::vector<double> row;
    for (std::size_t t = 0; t < market_.genesis.terms.slots; ++t) row.push_back(homes_.theta(u, t));
    canonicalise(row);
    return row;
  }

  /// What of it is there in time for the last of these iterations.
  std::vector<SignedTransaction> arrived(
      const std::vector<std::vector<SignedTransaction>>& said) const {
    const auto k = static_cast<std::uint32_t>(said.size());
    std::vector<SignedTransaction> out;
    for (std::uint32_t u = 0; u < homes_.size(); ++u) {
      const bool late = k > 1 && std::find(late_.begin(), late_.end(), u) != late_.end();
      if (!late) out.push_back(said.back()[u]);
      if (late && k > behind_ + 1) out.push_back(said[k - 1 - behind_][u]);
    }
    return out;
  }

  std::uint32_t behind_;
  std::vector<std::uint32_t> late_;
  TinyMarket market_;
  admm::Households homes_;
  ContractState state_;
  Tip tip_{Digest{}};
  Verifier verifier_;
};

/// A late run's cost and gap beside those of the clean one.
void expect_same_optimum(const Day& clean, const Day& late) {
  EXPECT_LE(late.gap, 1e-6);
  EXPECT_LE(std::abs(late.cost - clean.cost), 1e-6 * clean.cost);
  EXPECT_GT(late.iterations, clean.iterations);
}

TEST(LateMeters, OneOrThreeAlwaysBehindReachTheOptimum) {
  const Day clean = TenHomes(0, {}).run_day();
  EXPECT_LE(clean.gap, 1e-6);
  const std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> table{
      {2, {3}}, {1, {3}}, {5, {3}}, {2, {0, 3, 7}}};
  for (const auto& [behind, late] : table) {
    SCOPED_TRACE(std::to_string(behind) + " behind, " + std::to_string(late.size()) + " meters");
    expect_same_optimum(clean, TenHomes(behind, late).run_day());
  }
}

TEST(LateMeters, WhereNobodyIsLateTheDayIsTheOneWithoutADeadline) {
  TenHomes clean(0, {});
  TenHomes punctual(2, {});
  for (int day = 0; day < 2; ++day) {
    const Day expected = clean.run_day();
    const Day found = punctual.run_day();
    EXPECT_EQ(found.iterations, expected.iterations);
    EXPECT_EQ(found.cost, expected.cost);
    EXPECT_EQ(found.gap, expected.gap);
  }
}

}  // namespace
}  // namespace gridtally::ledger
