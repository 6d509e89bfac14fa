#include <gtest/gtest.h>

#include <limits>

#include "market/clearing.hpp"
#include "market/random_market.hpp"

namespace gridtally::market {
namespace {

Terms terms_of(Form form, PartnerGraph graph, std::size_t slots) {
  Terms terms;
  terms.form = form;
  terms.slots = slots;
  terms.rho = 7.0;
  terms.graph = std::move(graph);
  return terms;
}

/// A few steps of Func A on random decisions: no agreement, prices all different.
Iterate random_iterate(const Terms& terms, unsigned seed) {
  Numbers number(seed);
  Iterate iterate = initial_iterate(terms);
  for (int k = 0; k < 3; ++k) {
    dual_update(terms, random_row(number, terms.decision_rows() * terms.slots, 2.0), iterate);
  }
  return iterate;
}

/// −mean λ over all arcs that leave one of `members`, pair by pair.
std::vector<double> slow_mean(const Terms& terms, const Iterate& iterate,
                              const std::vector<std::uint32_t>& members) {
  std::vector<double> sum(terms.slots, 0.0);
  std::vector<double> lambda(terms.slots);
  double arcs = 0.0;
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    const auto from = terms.graph.arc(arc).from;
    if (std::find(members.begin(), members.end(), from) == members.end()) continue;
    read_price(terms, iterate, arc, lambda);
    for (std::size_t t = 0; t < terms.slots; ++t) sum[t] -= lambda[t];
    arcs += 1.0;
  }
  for (auto& value : sum) value /= arcs;
  return sum;
}

void expect_near(std::span<const double> a, std::span<const double> b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t t = 0; t < a.size(); ++t) EXPECT_NEAR(a[t], b[t], 1e-12) << "slot " << t;
}

TEST(ClearingPrices, OfTheCompleteGraphIsOneRowOfTheMeanOverAllPairs) {
  for (const std::uint32_t prosumers : {2U, 3U, 8U}) {
    const Terms terms = terms_of(Form::collapsed, PartnerGraph::complete(prosumers), 5);
    const Iterate iterate = random_iterate(terms, prosumers);
    const auto prices = clearing_prices(terms, iterate);
    EXPECT_EQ(prices.premium.size(), 5U);
    std::vector<std::uint32_t> everyone(prosumers);
    for (std::uint32_t u = 0; u < prosumers; ++u) everyone[u] = u;
    expect_near(prices.of(prosumers - 1), slow_mean(terms, iterate, everyone));
  }
}

TEST(ClearingPrices, AreOneAComponentInBothForms) {
  // 0 – 3 – 5 and 1 – 4; 2 has no partner.
  const std::vector<Arc> pairs{{0, 3}, {3, 5}, {1, 4}};
  for (const Form form : {Form::collapsed, Form::pairwise}) {
    const Terms terms = terms_of(form, PartnerGraph::from_pairs(6, pairs), 4);
    const Iterate iterate = random_iterate(terms, 3);
    const auto prices = clearing_prices(terms, iterate);
    EXPECT_EQ(prices.row, (std::vector<std::uint32_t>{0, 1, 2, 0, 1, 0}));
    expect_near(prices.of(3), slow_mean(terms, iterate, {0, 3, 5}));
    expect_near(prices.of(1), slow_mean(terms, iterate, {1, 4}));
    expect_near(prices.of(2), std::vector<double>(4, 0.0));
    EXPECT_EQ(congestion_rent(terms, prices), 0.0);
  }
}

TEST(ClearingPrices, OfOneProsumerAreZero) {
  const Terms terms = terms_of(Form::collapsed, PartnerGraph::complete(1), 3);
  expect_near(clearing_prices(terms, initial_iterate(terms)).of(0), std::vector<double>(3, 0.0));
}

/// Three prosumers in a row, limits 1 on (0, 1) and 5 on (1, 2), one slot, as given.
Iterate chain_iterate(const std::vector<double>& lambda, double trade_01, double trade_12) {
  return {1, lambda, {trade_01, -trade_01, trade_12, -trade_12}, 0.0};
}

TEST(ClearingPrices, DifferOnlyAcrossPairsAtTheirLimit) {
  // λ_01 = −9, λ_10 = −4, λ_12 = −6, λ_21 = −5. Pair (0, 1) is at its limit of 1: 0 has −λ_01 = 9,
  // and 1 and 2 share (4 + 6 + 5)/3 = 5. The rent is 1·|9 − 5|.
  const std::vector<Arc> pairs{{0, 1, 1.0}, {1, 2, 5.0}};
  const Terms terms = terms_of(Form::pairwise, PartnerGraph::from_pairs(3, pairs), 1);
  const auto held = clearing_prices(terms, chain_iterate({-9, -4, -6, -5}, 1.0, -2.0));
  EXPECT_EQ(held.premium, (std::vector<double>{9.0, 5.0, 5.0}));
  EXPECT_EQ(congestion_rent(terms, held), 4.0);
  // Within the limit all share (9 + 4 + 6 + 5)/4 = 6, and there is no rent.
  const auto loose = clearing_prices(terms, chain_iterate({-9, -4, -6, -5}, 0.5, -2.0));
  EXPECT_EQ(loose.premium, (std::vector<double>{6.0, 6.0, 6.0}));
  EXPECT_EQ(congestion_rent(terms, loose), 0.0);
}

TEST(ClearingPrices, AreOneAcrossPairsWithoutLimitWhateverTheirTrades) {
  // (0, 1) has no limit, (1, 2) is at its limit of 5.
  const std::vector<Arc> pairs{{0, 1}, {1, 2, 5.0}};
  const Terms terms = terms_of(Form::pairwise, PartnerGraph::from_pairs(3, pairs), 1);
  const auto prices = clearing_prices(terms, chain_iterate({-9, -4, -8, -1}, 1e9, -5.0));
  EXPECT_EQ(prices.premium, (std::vector<double>{7.0, 7.0, 1.0}));
  EXPECT_EQ(congestion_rent(terms, prices), 30.0);
}

TEST(PremiumPayments, AreTheNetPurchasesAtASharedPrice) {
  // q = (2, −1) for both; 0 buys 3 and sells 1: 3·2 + (−1)·(−1).
  const Terms terms = terms_of(Form::collapsed, PartnerGraph::complete(2), 2);
  const ClearingPrices prices{2, {}, {2.0, -1.0}};
  const std::vector<double> trades{3.0, -1.0, -3.0, 1.0};
  EXPECT_EQ(premium_payments(terms, prices, trades, trades), (std::vector<double>{7.0, -7.0}));
}

TEST(PremiumPayments, MeetHalfwayAcrossALimit) {
  // 0 buys 1 from 1 at ½ (9 + 5); 1 buys 2 from 2 at 5.
  const std::vector<Arc> pairs{{0, 1, 1.0}, {1, 2, 5.0}};
  const Terms terms = terms_of(Form::pairwise, PartnerGraph::from_pairs(3, pairs), 1);
  const ClearingPrices prices{1, {0, 1, 2}, {9.0, 5.0, 5.0}};
  const std::vector<double> trades{1.0, -1.0, 2.0, -2.0};
  EXPECT_EQ(premium_payments(terms, prices, trades, std::vector<double>{1.0, 1.0, -2.0}),
            (std::vector<double>{7.0, 3.0, -10.0}));
}

TEST(ClearingPrices, AreChosenSlotBySlot) {
  // One pair, limit 1, held back in slot 1 only.
  const std::vector<Arc> pairs{{0, 1, 1.0}};
  const Terms terms = terms_of(Form::pairwise, PartnerGraph::from_pairs(2, pairs), 2);
  const Iterate iterate{1, {-2, -2, -4, -6}, {0.5, -1.0, -0.5, 1.0}, 0.0};
  const auto prices = clearing_prices(terms, iterate);
  EXPECT_EQ(prices.premium, (std::vector<double>{3.0, 2.0, 3.0, 6.0}));
  EXPECT_EQ(congestion_rent(terms, prices), 4.0);
}

}  // namespace
}  // namespace gridtally::market
