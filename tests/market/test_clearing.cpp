#include <gtest/gtest.h>

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

void expect_near(std::span<const double> a, std::span<const double> b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t t = 0; t < a.size(); ++t) EXPECT_NEAR(a[t], b[t], 1e-12) << "slot " << t;
}

constexpr std::size_t slots = 3;

TEST(NodePrices, AreTheSameFromBothForms) {
  // p_uv = p'_uv + λ_uv/ρ + θ_u (model.md 3 a) for every partner v.
  for (const auto& graph : {PartnerGraph::complete(4), sparse_graph(7)}) {
    Numbers number(5);
    const Terms collapsed = terms_of(Form::collapsed, graph, slots);
    const Terms pairwise = terms_of(Form::pairwise, graph, slots);
    const auto theta = random_row(number, graph.prosumers() * slots, 2.0);
    Iterate iterate = initial_iterate(pairwise);
    const std::size_t numbers = graph.arcs() * slots;
    iterate.first = random_row(number, numbers, 9.0);
    iterate.second = random_row(number, numbers, 1.0);
    std::vector<double> trades(numbers);
    for (std::size_t i = 0; i < trades.size(); ++i) {
      trades[i] = iterate.second[i] + iterate.first[i] / pairwise.rho +
                  theta[graph.arc(i / slots).from * slots + i % slots];
    }
    const auto prices = node_prices(collapsed, initial_iterate(collapsed), theta);
    for (std::size_t i = 0; i < theta.size(); ++i) EXPECT_DOUBLE_EQ(prices[i], 7.0 * theta[i]);
    expect_near(prices, node_prices(pairwise, iterate, trades));
  }
}

TEST(ClearingPrices, WithoutAPriceBeforeAreTheMeanOverThePart) {
  // Complete graph of three; then 0 – 3 – 5 and 1 – 4, while 2 has no partner.
  Terms terms = terms_of(Form::collapsed, PartnerGraph::complete(3), 2);
  const auto all = clearing_prices(terms, {}, std::vector<double>{1, 2, 3, 4, 8, 0}, {});
  EXPECT_TRUE(all.row.empty());
  expect_near(all.of(2), std::vector<double>{4.0, 2.0});
  const std::vector<Arc> pairs{{0, 3}, {3, 5}, {1, 4}};
  terms = terms_of(Form::collapsed, PartnerGraph::from_pairs(6, pairs), 1);
  const auto parts = clearing_prices(terms, {}, std::vector<double>{1, 10, 99, 2, 30, 6}, {});
  EXPECT_EQ(parts.row, (std::vector<std::uint32_t>{0, 1, 2, 0, 1, 0}));
  EXPECT_EQ(parts.of(5)[0], 3.0);
  EXPECT_EQ(parts.of(1)[0], 20.0);
  EXPECT_EQ(parts.of(2)[0], 0.0);
  EXPECT_EQ(congestion_rent(terms, parts), 0.0);
}

TEST(ClearingPrices, OfOneProsumerAreZero) {
  const Terms terms = terms_of(Form::collapsed, PartnerGraph::complete(1), 3);
  const std::vector<double> own(3, 7.0);
  expect_near(clearing_prices(terms, {}, own, own).of(0), std::vector<double>(3, 0.0));
}

TEST(ClearingPrices, FollowWhatNoLongerMoves) {
  // Weights 1/1², 1/0.5²: (1·6 + 4·3)/5. Then prosumer 1 is at rest, and its 3 is the price.
  const Terms terms = terms_of(Form::collapsed, PartnerGraph::complete(2), 1);
  const std::vector<double> now{6.0, 3.0};
  const auto slide = clearing_prices(terms, {}, now, std::vector<double>{5.0, 3.5});
  EXPECT_NEAR(slide.premium[0], 3.6, 1e-12);
  const auto pinned = clearing_prices(terms, {}, now, std::vector<double>{6.0 + 1e-4, 3.0});
  EXPECT_NEAR(pinned.premium[0], 3.0, 1e-10);
  const auto rest = clearing_prices(terms, {}, now, now);
  EXPECT_NEAR(rest.premium[0], 4.5, 1e-12);
}

/// The iterate of three prosumers in a row in one slot, with these trades.
Iterate chain_iterate(double trade_01, double trade_12) {
  return {1, std::vector<double>(4, 0.0), {trade_01, -trade_01, trade_12, -trade_12}, 0.0};
}

TEST(ClearingPrices, DifferOnlyAcrossPairsAtTheirLimit) {
  // Limits 1 on (0, 1) and 5 on (1, 2). Pair (0, 1) is at its limit: 0 keeps its 9, 1 and 2 share
  // ½ (4 + 6). The rent is 1·|9 − 5|. Within the limits all share (9 + 4 + 5)/3.
  const std::vector<Arc> pairs{{0, 1, 1.0}, {1, 2, 5.0}};
  const Terms terms = terms_of(Form::pairwise, PartnerGraph::from_pairs(3, pairs), 1);
  const auto held =
      clearing_prices(terms, chain_iterate(1.0, -2.0), std::vector<double>{9, 4, 6}, {});
  EXPECT_EQ(held.premium, (std::vector<double>{9.0, 5.0, 5.0}));
  EXPECT_EQ(congestion_rent(terms, held), 4.0);
  const auto loose =
      clearing_prices(terms, chain_iterate(0.5, -2.0), std::vector<double>{9, 4, 5}, {});
  EXPECT_EQ(loose.premium, (std::vector<double>{6.0, 6.0, 6.0}));
  EXPECT_EQ(congestion_rent(terms, loose), 0.0);
}

TEST(ClearingPrices, AreOneAcrossPairsWithoutLimitWhateverTheirTrades) {
  // (0, 1) has no limit, (1, 2) is at its limit of 5.
  const std::vector<Arc> pairs{{0, 1}, {1, 2, 5.0}};
  const Terms terms = terms_of(Form::pairwise, PartnerGraph::from_pairs(3, pairs), 1);
  const auto prices =
      clearing_prices(terms, chain_iterate(1e9, -5.0), std::vector<double>{9, 5, 1}, {});
  EXPECT_EQ(prices.premium, (std::vector<double>{7.0, 7.0, 1.0}));
  EXPECT_EQ(congestion_rent(terms, prices), 30.0);
}

TEST(ClearingPrices, AreChosenSlotBySlot) {
  // One pair, limit 1, held back in slot 1 only.
  const std::vector<Arc> pairs{{0, 1, 1.0}};
  const Terms terms = terms_of(Form::pairwise, PartnerGraph::from_pairs(2, pairs), 2);
  const Iterate iterate{1, std::vector<double>(4, 0.0), {0.5, -1.0, -0.5, 1.0}, 0.0};
  const auto prices = clearing_prices(terms, iterate, std::vector<double>{2, 2, 4, 6}, {});
  EXPECT_EQ(prices.premium, (std::vector<double>{3.0, 2.0, 3.0, 6.0}));
  EXPECT_EQ(congestion_rent(terms, prices), 4.0);
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

}  // namespace
}  // namespace gridtally::market
