#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <cmath>
#include <thread>

#include "market/contract.hpp"
#include "market/ordered_sum.hpp"
#include "market/toy.hpp"

namespace gridtally::market {
namespace {

constexpr std::uint32_t memory = 8;

double largest(const std::vector<double>& values) {
  double result = 0.0;
  for (const double value : values) result = std::max(result, std::abs(value));
  return result;
}

double distance(std::vector<double> a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return largest(a);
}

std::vector<PartnerGraph> graphs() {
  const std::vector<Arc> two_parts{{0, 1}, {1, 2}, {0, 2}, {3, 4}, {4, 5}, {5, 6}};
  return {PartnerGraph::complete(2), PartnerGraph::complete(9), sparse_graph(14),
          PartnerGraph::from_pairs(8, two_parts)};  // and a prosumer without partners
}

TEST(Extrapolation, BothFormsGiveTheSameIterates) {
  for (const auto& graph : graphs()) {
    const Toy toy(graph.prosumers(), 3);
    const Terms collapsed = toy_terms(Form::collapsed, graph, memory);
    const Terms pairwise = toy_terms(Form::pairwise, graph, memory);
    Iterate a = initial_iterate(collapsed);
    Iterate b = initial_iterate(pairwise);
    int extrapolated = 0;
    // Later the remembered steps are rounding, and so would be what they are compared with.
    for (int k = 1; k <= 25 && b.residual + (k == 1) > 1e-4; ++k) {
      dual_update(collapsed, toy.decide(collapsed, a), a);
      dual_update(pairwise, toy.decide(pairwise, b), b);
      ASSERT_NEAR(a.rho, b.rho, 1e-6 * b.rho) << k;
      ASSERT_EQ(a.acceleration.extrapolated, b.acceleration.extrapolated) << k;
      ASSERT_LT(distance(offers(collapsed, a), offers(pairwise, b)), 1e-6) << k;
      ASSERT_LT(distance(all_trades(collapsed, a), all_trades(pairwise, b)), 1e-6) << k;
      extrapolated += a.acceleration.extrapolated ? 1 : 0;
    }
    EXPECT_GE(extrapolated, 3);
  }
}

TEST(Extrapolation, FindsTheTradesOfThePlainAlgorithmInLessIterations) {
  for (const auto& graph : graphs()) {
    const Toy toy(graph.prosumers(), 5);
    for (const Form form : {Form::collapsed, Form::pairwise}) {
      Terms terms = toy_terms(form, graph);
      terms.epsilon = 1e-9;
      const Iterate plain = toy.run(terms);
      terms.memory = memory;
      const Iterate fast = toy.run(terms);
      ASSERT_TRUE(converged(terms, fast));
      EXPECT_LE(fast.iteration, plain.iteration + 5);
      EXPECT_LT(distance(net_trades(terms, all_trades(terms, fast)),
                         net_trades(terms, all_trades(terms, plain))),
                1e-5);
    }
  }
}

TEST(Extrapolation, WithLimitsTheTradesAreThoseOfThePlainAlgorithm) {
  auto arcs = std::vector<Arc>{{0, 1, 0.3}, {1, 2, 0.0}, {0, 2}, {2, 3, 0.5}, {3, 4}, {0, 4, 0.2}};
  const auto graph = PartnerGraph::from_pairs(5, arcs);
  const Toy toy(5, 9);
  Terms terms = toy_terms(Form::pairwise, graph);
  terms.epsilon = 1e-9;
  const auto expected = all_trades(terms, toy.run(terms));
  terms.memory = memory;
  const Iterate fast = toy.run(terms);
  ASSERT_TRUE(converged(terms, fast));
  const auto trades = all_trades(terms, fast);
  bool clipped = false;
  for (std::size_t i = 0; i < trades.size(); ++i) {
    const double limit = graph.arc(i / Toy::slots).limit;
    EXPECT_LE(std::abs(trades[i]), limit);
    EXPECT_EQ(trades[graph.mirror(i / Toy::slots) * Toy::slots + i % Toy::slots], -trades[i]);
    clipped |= limit > 0.0 && std::abs(trades[i]) == limit;
  }
  EXPECT_TRUE(clipped);
  EXPECT_LT(distance(net_trades(terms, trades), net_trades(terms, expected)), 1e-5);
}

TEST(Extrapolation, ABadFirstPenaltyCostsLittle) {
  const auto graph = PartnerGraph::complete(12);
  const Toy toy(12, 2);
  Terms terms = toy_terms(Form::collapsed, graph, memory);
  for (const double rho : {1e-4, 1e-2, 1e2, 1e4, 1e6}) {
    terms.rho = rho;
    EXPECT_LT(toy.run(terms, 300).iteration, 60) << rho;
  }
  terms.memory = 0;
  terms.rho = 1e-2;
  EXPECT_EQ(toy.run(terms, 300).iteration, 300) << "the plain algorithm does not get there";
}

TEST(Extrapolation, ChangingThePenaltyKeepsPricesAndTrades) {
  // ρ far too small: the iteration that changes it does nothing else to the plain step.
  for (const Form form : {Form::collapsed, Form::pairwise}) {
    const auto graph = sparse_graph(8);
    const Toy toy(8, 4);
    Terms terms = toy_terms(form, graph, memory);
    terms.rho = 1e-3;
    Terms fixed = terms;
    fixed.memory = 0;
    Iterate iterate = initial_iterate(terms);
    Iterate plain;
    while (iterate.rho == terms.rho) {
      ASSERT_LT(iterate.iteration, 20);
      const auto decisions = toy.decide(terms, iterate);
      plain = iterate;
      dual_update(terms, decisions, iterate);
      dual_update(fixed, decisions, plain);
    }
    ASSERT_GT(iterate.rho, 2.0 * plain.rho);
    EXPECT_EQ(iterate.acceleration.changed, iterate.iteration);
    EXPECT_EQ(iterate.acceleration.kept(), 0U);
    EXPECT_LT(distance(all_trades(terms, iterate), all_trades(fixed, plain)), 1e-12);
    std::vector<double> price(Toy::slots);
    std::vector<double> expected(Toy::slots);
    for (std::size_t arc = 0; arc < graph.arcs(); ++arc) {
      read_price(terms, iterate, arc, price);
      read_price(fixed, plain, arc, expected);
      EXPECT_LT(distance(price, expected), 1e-12);
    }
  }
}

TEST(Extrapolation, APointThatDidWorseIsLeftForThePlainStep) {
  const auto graph = PartnerGraph::complete(6);
  const Toy toy(6, 7);
  const Terms terms = toy_terms(Form::collapsed, graph, memory);
  Iterate iterate = initial_iterate(terms);
  Iterate before = iterate;
  while (!iterate.acceleration.extrapolated) {
    before = iterate;
    dual_update(terms, toy.decide(terms, iterate), iterate);
    ASSERT_LT(iterate.iteration, 40);
  }
  Terms fixed = terms;
  fixed.memory = 0;
  const Iterate extrapolated = iterate;
  dual_update(fixed, toy.decide(fixed, before), before);  // the plain step that it replaced
  std::vector<double> wild(6 * Toy::slots, 0.0);
  wild[0] = 1e3;
  dual_update(terms, wild, iterate);
  EXPECT_FALSE(iterate.acceleration.extrapolated);
  EXPECT_EQ(iterate.acceleration.kept(), 0U);
  EXPECT_LT(distance(offers(terms, iterate), offers(fixed, before)), 1e-12);
  EXPECT_GT(distance(offers(terms, extrapolated), offers(fixed, before)), 1e-6);
}

TEST(Extrapolation, TheLastIterateIsAPlainStep) {
  // What is settled is p' of the step that passed the stop test.
  const auto graph = PartnerGraph::complete(5);
  const Toy toy(5, 1);
  const Terms terms = toy_terms(Form::collapsed, graph, memory);
  Terms fixed = terms;
  fixed.memory = 0;
  Iterate iterate = initial_iterate(terms);
  Iterate plain;
  while (!converged(terms, iterate)) {
    ASSERT_LT(iterate.iteration, 200);
    const auto decisions = toy.decide(terms, iterate);
    plain = iterate;
    dual_update(terms, decisions, iterate);
    dual_update(fixed, decisions, plain);
  }
  EXPECT_EQ(iterate.first, plain.first);
  EXPECT_LT(distance(all_trades(terms, iterate), all_trades(fixed, plain)), 1e-14);
  EXPECT_EQ(iterate.residual, plain.residual);
}

/// Sums over the rows of two holders, who meet at each sum.
class Meeting {
 public:
  std::vector<double> sum(std::size_t holder, std::size_t width, std::span<const double> rows) {
    parts_[holder].assign(rows.begin(), rows.end());
    barrier_.arrive_and_wait();
    auto all = parts_[0];
    all.insert(all.end(), parts_[1].begin(), parts_[1].end());
    barrier_.arrive_and_wait();
    return ordered_sum(all.size() / width, width,
                       [&](auto row, auto column) { return all[row * width + column]; });
  }

 private:
  std::array<std::vector<double>, 2> parts_;
  std::barrier<> barrier_{2};
};

TEST(Community, TwoHoldersOfTheRowsMakeTheBitsOfOne) {
  constexpr std::size_t prosumers = 600;
  constexpr std::size_t first = 256;
  const Toy toy(prosumers, 8);
  const Terms terms = toy_terms(Form::collapsed, PartnerGraph::complete(prosumers), memory);
  constexpr int iterations = 12;
  Iterate whole_iterate = initial_iterate(terms);
  std::vector<std::vector<double>> decisions;
  for (int k = 0; k < iterations; ++k) {
    decisions.push_back(toy.decide(terms, whole_iterate));
    dual_update(terms, decisions.back(), whole_iterate);
  }
  ASSERT_TRUE(whole_iterate.acceleration.extrapolated);

  Meeting meeting;
  std::array<Iterate, 2> parts;
  const auto hold = [&](std::size_t holder) {
    const std::size_t begin = holder == 0 ? 0 : first;
    const std::size_t rows = holder == 0 ? first : prosumers - first;
    Terms own = terms;
    own.graph = PartnerGraph::from_pairs(rows, {});
    const Community community{prosumers, true, [&, holder](std::size_t width, auto held) {
                                return meeting.sum(holder, width, held);
                              }};
    parts[holder] = initial_iterate(own);
    for (const auto& all : decisions) {
      const auto mine = std::span(all).subspan(begin * Toy::slots, rows * Toy::slots);
      dual_update(own, community, mine, parts[holder]);
    }
  };
  std::thread other(hold, 1);
  hold(0);
  other.join();
  for (const auto numbers : {&Iterate::first, &Iterate::second}) {
    auto joined = parts[0].*numbers;
    joined.insert(joined.end(), (parts[1].*numbers).begin(), (parts[1].*numbers).end());
    EXPECT_EQ(joined, whole_iterate.*numbers);
  }
  for (const auto& part : parts) {
    EXPECT_EQ(part.residual, whole_iterate.residual);
    EXPECT_EQ(part.rho, whole_iterate.rho);
  }
}

}  // namespace
}  // namespace gridtally::market
