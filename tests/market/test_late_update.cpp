// Func A while some decisions answer an earlier iterate.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "market/toy.hpp"

namespace gridtally::market {
namespace {

TEST(LateUpdate, GoesPartOfTheWayOfThePlainStep) {
  for (const Form form : {Form::collapsed, Form::pairwise}) {
    const Terms terms = toy_terms(form, PartnerGraph::complete(4));
    const Toy toy(4, 1);
    Iterate from = initial_iterate(terms);
    for (int k = 0; k < 3; ++k) dual_update(terms, toy.decide(terms, from), from);
    Iterate plain = from;
    dual_update(terms, toy.decide(terms, from), plain);
    Iterate late = from;
    dual_update(terms, toy.decide(terms, from), late, 3);
    EXPECT_EQ(late.iteration, plain.iteration);
    EXPECT_EQ(late.residual, plain.residual) << "the stop test judges the whole step";
    for (std::size_t i = 0; i < late.first.size(); ++i) {
      EXPECT_NEAR(late.first[i], from.first[i] + 0.25 * (plain.first[i] - from.first[i]), 1e-13);
      EXPECT_NEAR(late.second[i], from.second[i] + 0.25 * (plain.second[i] - from.second[i]),
                  1e-13);
    }
  }
}

TEST(LateUpdate, ForgetsWhatWouldBeExtrapolatedFrom) {
  const Terms terms = toy_terms(Form::collapsed, PartnerGraph::complete(4), 8);
  const Toy toy(4, 2);
  Iterate iterate = initial_iterate(terms);
  while (iterate.acceleration.kept() < 2) dual_update(terms, toy.decide(terms, iterate), iterate);
  dual_update(terms, toy.decide(terms, iterate), iterate, 1);
  EXPECT_EQ(iterate.acceleration.kept(), 0U);
  EXPECT_EQ(iterate.acceleration.point, nullptr);
  EXPECT_FALSE(iterate.acceleration.extrapolated);
}

/// Runs Algorithm 1 with prosumer 0 always `delay` iterations behind.
struct Delayed {
  const Toy& toy;
  const Terms& terms;
  std::size_t delay;
  std::uint32_t age;  ///< that Func A is told

  [[nodiscard]] Iterate run(int most) const {
    Iterate iterate = initial_iterate(terms);
    std::vector<std::vector<double>> decided;
    std::vector<double> penalties;
    std::size_t passed = 0;  // iterations in a row
    while (passed <= delay && iterate.iteration < most) {
      decided.push_back(toy.decide(terms, iterate));
      penalties.push_back(iterate.rho);
      const std::size_t behind = std::min(delay, decided.size() - 1);
      const std::size_t at = decided.size() - 1 - behind;
      std::vector<double> decisions = decided.back();
      const double scale = terms.form == Form::collapsed ? penalties[at] / iterate.rho : 1.0;
      for (std::size_t i = 0; i < terms.decision_size(0); ++i) {
        decisions[i] = decided[at][i] * scale;
      }
      dual_update(terms, decisions, iterate, behind > 0 ? age : 0);
      passed = converged(terms, iterate) ? passed + 1 : 0;
    }
    return iterate;
  }
};

std::vector<double> net_of(const Terms& terms, const Iterate& iterate) {
  return net_trades(terms, all_trades(terms, iterate));
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

TEST(LateUpdate, OneAlwaysBehindReachesTheSameTrades) {
  const std::vector<Arc> limited{{0, 1, 1.0}, {1, 2}, {0, 2, 0.5}, {2, 3}, {3, 4, 2.0}};
  const std::vector<PartnerGraph> graphs{PartnerGraph::complete(2), PartnerGraph::complete(9),
                                         sparse_graph(14), PartnerGraph::from_pairs(5, limited)};
  for (const PartnerGraph& graph : graphs) {
    for (const Form form : {Form::collapsed, Form::pairwise}) {
      if (form == Form::collapsed && graph.has_limits()) continue;
      for (const std::uint32_t memory : {0U, 8U}) {
        const Toy toy(graph.prosumers(), 4);
        const Terms terms = toy_terms(form, graph, memory);
        const auto expected = net_of(terms, toy.run(terms));
        for (const std::size_t delay : {1U, 2U, 5U}) {
          const Delayed late{toy, terms, delay, static_cast<std::uint32_t>(delay)};
          const Iterate found = late.run(20'000);
          EXPECT_LT(found.iteration, 20'000) << graph.prosumers() << " " << delay;
          EXPECT_LT(distance(net_of(terms, found), expected), 1e-4);
        }
      }
    }
  }
}

/// Limits part the prices of the certificate (clearing.hpp): near one is not at it.
TEST(LateUpdate, TradesReachTheirLimits) {
  const std::vector<Arc> limited{{0, 1, 0.1}, {1, 2}, {0, 2, 0.2}, {2, 3}};
  const Toy toy(4, 4);
  const Terms terms = toy_terms(Form::pairwise, PartnerGraph::from_pairs(4, limited));
  const auto expected = all_trades(terms, toy.run(terms));
  const auto found = all_trades(terms, Delayed{toy, terms, 2, 2}.run(20'000));
  int at_limit = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::abs(expected[i]) != terms.graph.arc(i / Toy::slots).limit) continue;
    EXPECT_EQ(found[i], expected[i]);
    ++at_limit;
  }
  EXPECT_GT(at_limit, 4);
}

/// What the shorter step is for: prosumer 0 wants almost fixed trades, a loop of gain near 1.
TEST(LateUpdate, WithTheWholeStepItWouldNotSettle) {
  Toy toy(9, 4);
  for (std::size_t t = 0; t < Toy::slots; ++t) toy.weight[t] = 300.0;
  const Terms terms = toy_terms(Form::collapsed, PartnerGraph::complete(9));
  EXPECT_EQ((Delayed{toy, terms, 5, 0}.run(3000).iteration), 3000);
  EXPECT_LT((Delayed{toy, terms, 5, 5}.run(3000).iteration), 3000);
}

}  // namespace
}  // namespace gridtally::market
