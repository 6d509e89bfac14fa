#include <gtest/gtest.h>

#include <vector>

#include "base/error.hpp"
#include "market/partner_graph.hpp"

namespace gridtally::market {
namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();

/// The promises of the class comment, checked arc by arc.
void expect_sound(const PartnerGraph& graph) {
  for (std::size_t u = 0; u < graph.prosumers(); ++u) {
    ASSERT_EQ(graph.partners(u), graph.first(u + 1) - graph.first(u));
    for (std::size_t i = graph.first(u); i < graph.first(u + 1); ++i) {
      const Arc arc = graph.arc(i);
      EXPECT_EQ(arc.from, u);
      EXPECT_NE(arc.to, u);
      if (i > graph.first(u)) {
        EXPECT_LT(graph.arc(i - 1).to, arc.to);
      }
      const Arc back = graph.arc(graph.mirror(i));
      EXPECT_EQ(back.from, arc.to);
      EXPECT_EQ(back.to, arc.from);
      EXPECT_EQ(back.limit, arc.limit);
      EXPECT_EQ(graph.mirror(graph.mirror(i)), i);
    }
  }
  EXPECT_EQ(graph.first(graph.prosumers()), graph.arcs());
  EXPECT_EQ(2 * graph.pairs(), graph.arcs());
}

TEST(PartnerGraph, CompleteJoinsEveryoneWithEveryone) {
  for (std::size_t prosumers : {0, 1, 2, 3, 7}) {
    const auto graph = PartnerGraph::complete(prosumers);
    EXPECT_TRUE(graph.is_complete());
    EXPECT_FALSE(graph.has_limits());
    EXPECT_EQ(graph.arcs(), prosumers == 0 ? 0 : prosumers * (prosumers - 1));
    expect_sound(graph);
  }
}

TEST(PartnerGraph, PairsOnceAndInBothDirectionsAreTheSame) {
  const std::vector<Arc> once{{2, 0, 1.5}, {1, 2}};
  const std::vector<Arc> twice{{0, 2, 1.5}, {2, 1}, {1, 2}, {2, 0, 1.5}, {2, 0, 1.5}};
  for (const auto& pairs : {once, twice}) {
    const auto graph = PartnerGraph::from_pairs(3, pairs);
    expect_sound(graph);
    ASSERT_EQ(graph.arcs(), 4u);
    EXPECT_FALSE(graph.is_complete());
    EXPECT_TRUE(graph.has_limits());
    EXPECT_EQ(graph.arc(0).to, 2u);
    EXPECT_EQ(graph.arc(0).limit, 1.5);
    EXPECT_EQ(graph.arc(graph.first(2)).to, 0u);
    EXPECT_EQ(graph.arc(graph.first(2)).limit, 1.5);
    EXPECT_EQ(graph.arc(graph.first(2) + 1).limit, unlimited);
  }
}

TEST(PartnerGraph, AllPairsGivenAreTheCompleteGraphUnlessOneHasALimit) {
  std::vector<Arc> pairs{{0, 1}, {0, 2}, {1, 2}};
  const auto free = PartnerGraph::from_pairs(3, pairs);
  EXPECT_TRUE(free.is_complete());
  pairs[1].limit = 2.0;
  const auto limited = PartnerGraph::from_pairs(3, pairs);
  EXPECT_FALSE(limited.is_complete());
  expect_sound(limited);
  ASSERT_EQ(limited.arcs(), free.arcs());
  for (std::size_t i = 0; i < free.arcs(); ++i) {
    EXPECT_EQ(limited.arc(i).from, free.arc(i).from);
    EXPECT_EQ(limited.arc(i).to, free.arc(i).to);
    EXPECT_EQ(limited.mirror(i), free.mirror(i));
  }
}

TEST(PartnerGraph, ProsumerWithoutPartnersHasNoArcs) {
  const std::vector<Arc> pairs{{0, 3}};
  const auto graph = PartnerGraph::from_pairs(5, pairs);
  expect_sound(graph);
  EXPECT_EQ(graph.partners(0), 1u);
  EXPECT_EQ(graph.partners(1), 0u);
  EXPECT_EQ(graph.partners(3), 1u);
  EXPECT_EQ(graph.partners(4), 0u);
}

TEST(PartnerGraph, BadPairsAreRefused) {
  struct Case {
    std::vector<Arc> pairs;
    const char* what;
  };
  const std::vector<Case> cases{
      {{{0, 1, 1.0}, {1, 0, 2.0}}, "two limits"},
      {{{0, 1, 1.0}, {0, 1}}, "two limits"},
      {{{2, 2}}, "themselves"},
      {{{0, 3}}, "from 0 to 2"},
      {{{7, 1}}, "from 0 to 2"},
      {{{0, 1, -0.5}}, "at least 0"},
      {{{0, 1, std::numeric_limits<double>::quiet_NaN()}}, "at least 0"},
  };
  for (const auto& [pairs, what] : cases) {
    try {
      PartnerGraph::from_pairs(3, pairs);
      ADD_FAILURE() << "accepted: " << what;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
    }
  }
}

TEST(PartnerGraph, BreadthFirstHasEveryoneOncePartByPart) {
  // Two parts and one who knows nobody: 0-5-3-1, 2-6, 4.
  const auto graph = PartnerGraph::from_pairs(7, std::vector<Arc>{{0, 5}, {5, 3}, {3, 1}, {2, 6}});
  const auto order = graph.breadth_first();
  EXPECT_EQ(std::vector<std::uint32_t>(order.begin(), order.end()),
            (std::vector<std::uint32_t>{0, 5, 3, 1, 2, 6, 4}));
}

TEST(PartnerGraph, TargetsAreThoseOfTheArcs) {
  const auto graph = PartnerGraph::from_pairs(4, std::vector<Arc>{{0, 3}, {2, 0}, {2, 3}});
  ASSERT_EQ(graph.targets().size(), graph.arcs());
  for (std::size_t arc = 0; arc < graph.arcs(); ++arc) {
    EXPECT_EQ(graph.targets()[arc], graph.arc(arc).to);
  }
}

TEST(PartnerGraph, TheCompleteOneStoresNoArcs) {
  const auto graph = PartnerGraph::complete(4);
  EXPECT_THROW((void)graph.targets(), Error);
  EXPECT_THROW((void)graph.breadth_first(), Error);
}

}  // namespace
}  // namespace gridtally::market
