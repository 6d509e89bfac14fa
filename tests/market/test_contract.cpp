#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "market/contract.hpp"
#include "market/toy.hpp"

namespace gridtally::market {
namespace {

constexpr std::size_t slots = Toy::slots;

Terms terms_of(Form form, const PartnerGraph& graph) { return toy_terms(form, graph); }

double largest(const std::vector<double>& values) {
  double result = 0.0;
  for (double value : values) result = std::max(result, std::abs(value));
  return result;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b, const char* what) {
  ASSERT_EQ(a.size(), b.size());
  const double tolerance = 1e-12 * std::max(1.0, largest(a));
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << what << i;
}

std::vector<double> all_prices(const Terms& terms, const Iterate& iterate) {
  std::vector<double> prices(terms.graph.arcs() * slots);
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    read_price(terms, iterate, arc, std::span(prices).subspan(arc * slots, slots));
  }
  return prices;
}

void expect_same_iterates(const PartnerGraph& graph, unsigned seed) {
  const Toy toy(graph.prosumers(), seed);
  const Terms collapsed = terms_of(Form::collapsed, graph);
  const Terms pairwise = terms_of(Form::pairwise, graph);
  Iterate a = initial_iterate(collapsed);
  Iterate b = initial_iterate(pairwise);
  for (int k = 1; k <= 40; ++k) {
    dual_update(collapsed, toy.decide(collapsed, a), a);
    dual_update(pairwise, toy.decide(pairwise, b), b);
    ASSERT_EQ(a.iteration, k);
    ASSERT_EQ(b.iteration, k);
    expect_near(all_prices(collapsed, a), all_prices(pairwise, b), "price ");
    expect_near(all_trades(collapsed, a), all_trades(pairwise, b), "trade ");
    expect_near(offers(collapsed, a), offers(pairwise, b), "offer ");
    const double rounding = 1e-12 * static_cast<double>(graph.arcs()) * std::max(1.0, b.residual);
    if (!graph.is_complete()) {
      ASSERT_NEAR(a.residual, b.residual, rounding);
    } else {
      ASSERT_GE(a.residual, b.residual - rounding) << "the bound lies above the sum over pairs";
      ASSERT_LE(a.residual, 2.0 * b.residual + rounding) << "and not far above";
    }
  }
}

TEST(DualUpdate, BothFormsGiveTheSameIterates) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    expect_same_iterates(PartnerGraph::complete(2 + seed % 7), seed);
    expect_same_iterates(sparse_graph(4 + seed), seed);
  }
}

TEST(DualUpdate, TwoSmallStepsByHand) {
  // Two prosumers, one slot, ρ = 10. θ¹ = (1, 0): p' = ½ (1 − 0), λ = −5 (1 + 0), and
  // p_01 = 1 misses p'_01 = ½ by ½ in both directions. θ² = (1, 0) again: nothing changes but Θ.
  Terms terms = terms_of(Form::collapsed, PartnerGraph::complete(2));
  terms.slots = 1;
  terms.rho = 10.0;
  Iterate iterate = initial_iterate(terms);
  double number = 0.0;
  const std::vector<double> theta{1.0, 0.0};
  dual_update(terms, theta, iterate);
  EXPECT_EQ(iterate.residual, 1.0);
  read_price(terms, iterate, 0, {&number, 1});
  EXPECT_EQ(number, -5.0);
  read_trade(terms, iterate, 1, {&number, 1});
  EXPECT_EQ(number, -0.5);
  EXPECT_FALSE(converged(terms, iterate));
  dual_update(terms, theta, iterate);
  EXPECT_EQ(iterate.residual, 0.0);
  EXPECT_TRUE(converged(terms, iterate));
  EXPECT_EQ(all_trades(terms, iterate), (std::vector<double>{1.0, -1.0}));
  EXPECT_EQ(offers(terms, iterate), (std::vector<double>{0.5, -1.5}));
}

TEST(DualUpdate, LiteralPairwiseStepByHand) {
  // ρ = 10, p = (3, −1): p'_01 = ½ (3 + 1) = 2, λ_01 = 10 (2 − 3), λ_10 = 10 (−2 + 1).
  Terms terms = terms_of(Form::pairwise, PartnerGraph::complete(2));
  terms.slots = 1;
  terms.rho = 10.0;
  Iterate iterate = initial_iterate(terms);
  dual_update(terms, std::vector<double>{3.0, -1.0}, iterate);
  EXPECT_EQ(iterate.second, (std::vector<double>{2.0, -2.0}));
  EXPECT_EQ(iterate.first, (std::vector<double>{-10.0, -10.0}));
  EXPECT_EQ(iterate.residual, 2.0);
}

TEST(DualUpdate, NothingConvergesBeforeTheFirstIteration) {
  const Terms terms = terms_of(Form::collapsed, PartnerGraph::complete(3));
  EXPECT_FALSE(converged(terms, initial_iterate(terms)));
}

TEST(DualUpdate, LimitsClipAndTheMirrorFollows) {
  Numbers number(5);
  const std::vector<Arc> pairs{{0, 1, 0.3}, {1, 2, 0.0}, {0, 2}};
  const Terms terms = terms_of(Form::pairwise, PartnerGraph::from_pairs(3, pairs));
  Iterate iterate = initial_iterate(terms);
  bool clipped = false;
  for (int k = 0; k < 10; ++k) {
    dual_update(terms, random_row(number, terms.graph.arcs() * slots, 2.0), iterate);
    const auto trades = all_trades(terms, iterate);
    for (std::size_t i = 0; i < trades.size(); ++i) {
      const double limit = terms.graph.arc(i / slots).limit;
      EXPECT_LE(std::abs(trades[i]), limit);
      clipped |= limit > 0.0 && std::abs(trades[i]) == limit;
      EXPECT_EQ(trades[terms.graph.mirror(i / slots) * slots + i % slots], -trades[i]);
    }
  }
  EXPECT_TRUE(clipped);
}

TEST(DualUpdate, TradesAreExactlyAntisymmetric) {
  Numbers number(6);
  for (const Form form : {Form::collapsed, Form::pairwise}) {
    const Terms terms = terms_of(form, sparse_graph(9));
    Iterate iterate = initial_iterate(terms);
    for (int k = 0; k < 20; ++k) {
      dual_update(terms, random_row(number, terms.decision_rows() * slots, 3.0), iterate);
    }
    const auto trades = all_trades(terms, iterate);
    for (std::size_t i = 0; i < trades.size(); ++i) {
      EXPECT_EQ(trades[terms.graph.mirror(i / slots) * slots + i % slots], -trades[i]);
      EXPECT_NE(trades[i], 0.0);
    }
  }
}

TEST(DualUpdate, WrongSizeIsRefusedAndChangesNothing) {
  for (const Form form : {Form::collapsed, Form::pairwise}) {
    const Terms terms = terms_of(form, sparse_graph(6));
    Iterate iterate = initial_iterate(terms);
    const Iterate before = iterate;
    const std::size_t right = terms.decision_rows() * slots;
    for (const std::size_t size : {right - 1, right + 1, std::size_t{0}}) {
      EXPECT_THROW(dual_update(terms, std::vector<double>(size), iterate), Error);
    }
    EXPECT_EQ(iterate, before);
  }
}

TEST(Terms, DecisionsFillTheArrayInOrder) {
  for (const Form form : {Form::collapsed, Form::pairwise}) {
    const Terms terms = terms_of(form, sparse_graph(7));
    std::size_t next = 0;
    for (std::size_t u = 0; u < 7; ++u) {
      EXPECT_EQ(terms.decision_offset(u), next);
      next += terms.decision_size(u);
    }
    EXPECT_EQ(next, terms.decision_rows() * slots);
  }
}

TEST(Offers, OfAProsumerWithoutPartnersAreZero) {
  const std::vector<Arc> pairs{{0, 2}};
  Numbers number(8);
  for (const Form form : {Form::collapsed, Form::pairwise}) {
    const Terms terms = terms_of(form, PartnerGraph::from_pairs(3, pairs));
    Iterate iterate = initial_iterate(terms);
    dual_update(terms, random_row(number, terms.decision_rows() * slots, 1.0), iterate);
    const auto row = offers(terms, iterate);
    for (std::size_t t = 0; t < slots; ++t) EXPECT_EQ(row[slots + t], 0.0);
    EXPECT_NE(row[0], 0.0);
  }
}

TEST(NetTrades, OfAnIterateAreThoseOfItsTradesBitForBit) {
  const auto graph = PartnerGraph::complete(5);
  for (const auto form : {Form::collapsed, Form::pairwise}) {
    const Terms terms = terms_of(form, graph);
    auto iterate = initial_iterate(terms);
    for (std::size_t i = 0; i < iterate.second.size(); ++i) {
      iterate.second[i] = std::sin(1.0 + static_cast<double>(i));
    }
    EXPECT_EQ(net_trades(terms, iterate), net_trades(terms, all_trades(terms, iterate)));
  }
}

}  // namespace
}  // namespace gridtally::market
