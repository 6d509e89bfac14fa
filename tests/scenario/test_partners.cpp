#include <gtest/gtest.h>

#include <set>

#include "base/error.hpp"
#include "scenario/partners.hpp"
#include "scenario/scenario.hpp"

namespace gridtally::scenario {
namespace {

std::vector<std::size_t> degrees(const market::PartnerGraph& graph) {
  std::vector<std::size_t> result;
  for (std::size_t u = 0; u < graph.prosumers(); ++u) result.push_back(graph.partners(u));
  std::sort(result.begin(), result.end());
  return result;
}

std::set<std::pair<std::uint32_t, std::uint32_t>> arcs(const market::PartnerGraph& graph) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> result;
  for (std::size_t i = 0; i < graph.arcs(); ++i) {
    result.insert({graph.arc(i).from, graph.arc(i).to});
  }
  return result;
}

// 3 x 3 points, steps down and right: corners know 2, edges 3, the middle 4.
TEST(Neighbours, OnThreeByThreePointsAreThoseAtDistanceOne) {
  EXPECT_EQ(degrees(neighbours(9, 4, 1)), (std::vector<std::size_t>{2, 2, 2, 2, 3, 3, 3, 3, 4}));
}

TEST(Neighbours, AreTwentyInsideALargeLattice) {
  const auto sorted = degrees(neighbours(900, 20, 1));
  EXPECT_EQ(sorted.back(), 20U);
  EXPECT_EQ(sorted[900 / 2], 20U);
  EXPECT_GE(sorted.front(), 6U);
}

TEST(Neighbours, DependOnTheSeedAndNothingElse) {
  EXPECT_EQ(arcs(neighbours(50, 4, 1)), arcs(neighbours(50, 4, 1)));
  EXPECT_NE(arcs(neighbours(50, 4, 1)), arcs(neighbours(50, 4, 2)));
}

TEST(Strangers, AreAsManyAsWantedOnAverageAndNeverOneself) {
  const auto graph = strangers(1000, 20, 3);
  EXPECT_NEAR(static_cast<double>(graph.arcs()) / 1000.0, 20.0, 0.5);
  for (const auto& [from, to] : arcs(graph)) EXPECT_NE(from, to);
  EXPECT_GE(degrees(graph).front(), 8U);
}

TEST(Generate, PartnersAreEvenAndFewerThanTheHomes) {
  GenerateOptions options{10, 1, 1};
  for (const int wrong : {-2, 3, 10}) {
    options.partners = wrong;
    EXPECT_THROW(generate(options), InputError) << wrong;
  }
  options.partners = 4;
  EXPECT_FALSE(generate(options).partners.is_complete());
}

TEST(Generate, PartsAreThoseOfTheWhole) {
  GenerateOptions options{12, 2, 9};
  options.partners = 4;
  const auto whole = generate(options);
  auto part = generate_public(options);
  EXPECT_EQ(arcs(part.partners), arcs(whole.partners));
  EXPECT_EQ(part.tariff.reserve_price, whole.tariff.reserve_price);
  EXPECT_TRUE(part.prosumers.empty());
  const std::vector<std::uint32_t> numbers{11, 3};
  generate_homes(options, numbers, part);
  ASSERT_EQ(part.size(), 2U);
  EXPECT_EQ(part.prosumers[0].name, whole.prosumers[11].name);
  EXPECT_EQ(part.profiles[1].renewable, whole.profiles[3].renewable);
}

}  // namespace
}  // namespace gridtally::scenario
