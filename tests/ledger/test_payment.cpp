#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "base/error.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

using Amounts = std::vector<std::int64_t>;

std::int64_t total(const Amounts& amounts) {
  return std::accumulate(amounts.begin(), amounts.end(), std::int64_t{0});
}

TEST(Payments, ByHand) {
  EXPECT_EQ(payments_of(Amounts{5, -5}), (std::vector<Payment>{{0, 1, 5}}));
  EXPECT_EQ(payments_of(Amounts{-2, 6, 0, -4}), (std::vector<Payment>{{1, 0, 2}, {1, 3, 4}}));
  EXPECT_EQ(payments_of(Amounts{3, -7, 4}), (std::vector<Payment>{{0, 1, 3}, {2, 1, 4}}));
  EXPECT_TRUE(payments_of(Amounts{0, 0}).empty());
  EXPECT_TRUE(payments_of(Amounts{}).empty());
  EXPECT_THROW(payments_of(Amounts{1, 0}), Error);
}

TEST(Payments, ServeEveryBillInFewerThanThereAreProsumers) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 500; ++round) {
    Amounts bills(1 + random() % 12);
    for (auto& bill : bills) bill = static_cast<std::int64_t>(random() % 21) - 10;
    bills.back() -= total(bills);
    const auto payments = payments_of(bills);
    EXPECT_TRUE(payments.empty() || payments.size() < bills.size());
    for (const Payment& payment : payments) {
      EXPECT_GT(payment.amount, 0);
      bills[payment.from] -= payment.amount;
      bills[payment.to] += payment.amount;
    }
    EXPECT_EQ(bills, Amounts(bills.size(), 0));
  }
}

/// The tiny market with accounts [micro-cents]: day 0 bills prosumer 0 five cents, day 1 two and a
/// half.
TinyMarket with_accounts(std::optional<std::int64_t> first, std::optional<std::int64_t> second) {
  TinyMarket market(1);
  market.genesis.opening_balances = {first, second};
  return market;
}

std::vector<ContractState> run(const TinyMarket& market) {
  std::vector<ContractState> states{initial_state(market.genesis)};
  while (outcome(market.genesis, states.back()) == Outcome::running) {
    states.push_back(market.after(states.back(), market.transactions(states.back())));
  }
  return states;
}

TEST(Accounts, DaysBillsArePaidInTheBlockThatSettles) {
  const auto states = run(with_accounts(9'000'000, std::nullopt));
  ASSERT_EQ(states.size(), tiny_blocks + 1);
  EXPECT_EQ(states[2].balances, (Amounts{9'000'000, 0}));
  EXPECT_EQ(states[3].balances, (Amounts{4'000'000, 5'000'000}));
  EXPECT_EQ(states[6].balances, states[3].balances) << "a refused round pays nothing";
  EXPECT_EQ(states[7].balances, (Amounts{1'500'000, 7'500'000}));
  EXPECT_TRUE(unfunded(states[7]).empty());
}

TEST(Accounts, ExactlyEnoughIsEnough) {
  const auto states = run(with_accounts(7'500'000, 0));
  ASSERT_EQ(states.size(), tiny_blocks + 1);
  EXPECT_EQ(states[7].balances, (Amounts{0, 7'500'000}));
}

TEST(Accounts, OneMicroCentShortCancelsTheDaysTradesAndAsksAgain) {
  const TinyMarket market = with_accounts(4'999'999, 0);
  const auto states = run(market);
  ASSERT_EQ(states.size(), tiny_blocks + 2) << "day 0 takes a round more";
  EXPECT_TRUE(states[3].converged);
  EXPECT_FALSE(states[3].settled);
  EXPECT_EQ(unfunded(states[3]), (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(states[3].net_trades, std::vector<double>(4, 0.0));
  EXPECT_TRUE(states[3].bills.empty());
  EXPECT_EQ(next_turn(market.genesis, states[3]), (Turn{4, 0, Phase::settlement, 2}));
  EXPECT_TRUE(states[4].settled);
  EXPECT_EQ(states[4].bills, (Amounts{0, 0}));
  EXPECT_EQ(states[4].balances, (Amounts{4'999'999, 0}));
  EXPECT_EQ(unfunded(states[4]), (std::vector<std::uint32_t>{0})) << "still told when it settles";
}

TEST(Accounts, DayZerosBillCanMakeDayOneUnaffordable) {
  const auto states = run(with_accounts(7'499'999, std::nullopt));
  ASSERT_EQ(states.size(), tiny_blocks + 2);
  EXPECT_EQ(states[3].balances, (Amounts{2'499'999, 5'000'000}));
  EXPECT_TRUE(unfunded(states[5]).empty()) << "a new day forgets";
  EXPECT_EQ(unfunded(states[7]), (std::vector<std::uint32_t>{0}));
  EXPECT_TRUE(states[8].settled);
  EXPECT_EQ(states[8].balances, (Amounts{2'499'999, 5'000'000}));
}

TEST(Accounts, WithoutAnOpeningBalanceOneMayOwe) {
  const auto states = run(with_accounts(std::nullopt, std::nullopt));
  EXPECT_EQ(states[7].balances, (Amounts{-7'500'000, 7'500'000}));
}

TEST(Accounts, WhoOnlySellsNeedsNoMoney) {
  const auto states = run(with_accounts(std::nullopt, 0));
  ASSERT_EQ(states.size(), tiny_blocks + 1);
  EXPECT_EQ(states[7].balances[1], 7'500'000);
}

/// Everyone accepts, at costs of 15 cents and a bound of 13: a gap of 2/15.
TEST(Accounts, ATrialThatReachesItsGapSettlesWithoutWhoCannotPay) {
  TinyMarket market = with_accounts(1'000'000, 0);
  market.genesis.terms.gap = 0.2;
  market.genesis.terms.max_iterations = 1;
  ContractState state = initial_state(market.genesis);
  state = market.after(state, market.transactions(state));
  ASSERT_TRUE(state.trial);
  EXPECT_FALSE(state.converged);
  state = market.after(state, market.transactions(state));
  EXPECT_TRUE(state.converged);
  EXPECT_FALSE(state.settled);
  EXPECT_EQ(unfunded(state), (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(outcome(market.genesis, state), Outcome::running);
  state = market.after(state, market.transactions(state));
  EXPECT_TRUE(state.settled);
  EXPECT_EQ(state.balances, (Amounts{1'000'000, 0}));
}

TEST(Accounts, RootAndProofCoverBalanceAndWhoCouldNotPay) {
  const TinyMarket market = with_accounts(1, 0);
  const auto states = run(market);
  const Digest root = state_root(market.genesis, states[4]);
  EXPECT_TRUE(verify_prosumer_state(prove_prosumer_state(market.genesis, states[4], 0), root));
  ContractState other = states[4];
  other.answers[0].unfunded = false;
  EXPECT_NE(state_root(market.genesis, other), root);
  other = states[4];
  other.balances[0] += 1;
  EXPECT_NE(state_root(market.genesis, other), root);
}

/// A community of `prosumers` on a random graph, one meter each, π = 10 cents/kWh, some with small
/// accounts; decisions are noise and ε is huge, so each day converges at once.
struct RandomCommunity {
  RandomCommunity(std::uint64_t seed) : random(seed), market(1) {
    Genesis& genesis = market.genesis;
    const auto prosumers = static_cast<std::uint32_t>(2 + random() % 7);
    genesis.prosumers.clear();
    genesis.meters.clear();
    market.meter_keys.clear();
    genesis.opening_balances.clear();
    for (std::uint32_t u = 0; u < prosumers; ++u) {
      genesis.prosumers.push_back("home-" + std::to_string(u));
      market.meter_keys.push_back(test_key(1, static_cast<std::uint8_t>(u)));
      genesis.meters.push_back({market.meter_keys[u].public_key(), u, 1});
      genesis.opening_balances.emplace_back();
      if (random() % 3 > 0) {
        genesis.opening_balances[u] = static_cast<std::int64_t>(random() % 20'000'000);
      }
    }
    genesis.input_commitments.resize(prosumers);
    genesis.days = 4;
    genesis.grid_price.assign(8, 30.0);
    genesis.reserve_price.assign(8, 1.0);
    genesis.terms.epsilon = 1e9;
    genesis.terms.graph = market::PartnerGraph::complete(prosumers);
  }

  double noise() { return static_cast<double>(random() % 2001) / 1000.0 - 1.0; }

  /// Who refuses asks for a little; everyone accepts from the sixth round on.
  std::vector<SignedTransaction> transactions(const ContractState& state) {
    const Turn turn = next_turn(market.genesis, state);
    std::vector<SignedTransaction> out;
    for (std::uint32_t u = 0; u < market.genesis.prosumers.size(); ++u) {
      Transaction content = make_transaction(state.run_id, turn, state.head, u);
      if (turn.phase == Phase::trading) {
        content.decisions.push_back({u, {noise(), noise()}, Digest{}});
      } else {
        const bool accepted = turn.iteration > 5 || random() % 4 > 0;
        const double change = accepted ? 0.0 : 0.125;
        content.acceptances.push_back({u, accepted, {change, 0.0}, 1.0, 1.0, 1.0, Digest{}});
      }
      out.push_back(sign_transaction(content, market.meter_keys[u]));
    }
    return out;
  }

  std::mt19937_64 random;
  TinyMarket market;
};

TEST(Accounts, MoneyIsConservedAndNobodyWithALimitFallsBelowZero) {
  std::size_t refused = 0;
  std::size_t paid = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    RandomCommunity community(seed);
    const Genesis& genesis = community.market.genesis;
    ContractState state = initial_state(genesis);
    const std::int64_t money = total(state.balances);
    while (outcome(genesis, state) == Outcome::running) {
      state = community.market.after(state, community.transactions(state));
      ASSERT_EQ(total(state.balances), money);
      for (std::size_t u = 0; u < state.balances.size(); ++u) {
        ASSERT_TRUE(!genesis.opening_balances[u] || state.balances[u] >= 0) << u;
      }
      for (const std::uint32_t u : unfunded(state)) {
        ASSERT_EQ(state.net_trades[2 * u], 0.0);
        ASSERT_EQ(state.net_trades[2 * u + 1], 0.0);
      }
      refused += state.settled && !unfunded(state).empty() ? 1 : 0;
      paid += payments(state).size();
    }
    EXPECT_EQ(outcome(genesis, state), Outcome::completed);
  }
  EXPECT_GT(refused, 50U);
  EXPECT_GT(paid, 500U);
}

}  // namespace
}  // namespace gridtally::ledger
