#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "audit/day_checks.hpp"
#include "base/crew.hpp"

namespace gridtally::audit {
namespace {

struct Day {
  ledger::Genesis genesis;
  ledger::ContractState state;
};

/// A settled day whose trades are mirrored, but for the `broken` ones [arc * slots + slot].
Day day_of(market::PartnerGraph graph, const std::vector<std::size_t>& broken) {
  Day day;
  day.genesis.terms.graph = std::move(graph);
  const auto& terms = day.genesis.terms;
  std::vector<double> trades(terms.graph.arcs() * terms.slots);
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    const auto [from, to, limit] = terms.graph.arc(arc);
    for (std::size_t t = 0; t < terms.slots; ++t) {
      const auto size = static_cast<double>((from + 1) * (to + 1) + t);
      trades[arc * terms.slots + t] = from < to ? size : -size;
    }
  }
  for (const auto i : broken) trades[i] += 1e-9 * trades[i];
  day.state.settled = true;
  day.state.trades = std::make_shared<const std::vector<double>>(std::move(trades));
  return day;
}

market::PartnerGraph ring(std::uint32_t prosumers) {
  std::vector<market::Arc> pairs;
  for (std::uint32_t u = 0; u < prosumers; ++u) pairs.push_back({u, (u + 1) % prosumers});
  return market::PartnerGraph::from_pairs(prosumers, pairs);
}

TEST(DayChecks, ATradeWithoutItsMirrorIsFoundAtTheFirstPlace) {
  for (const unsigned helpers : {0U, 3U}) {
    Crew crew(helpers);
    const LentCrew lent(crew);
    for (const bool complete : {false, true}) {
      const auto graph = complete ? market::PartnerGraph::complete(200) : ring(9000);
      const auto good = day_of(graph, {});
      EXPECT_FALSE(check_settled_day(good.genesis, good.state));
      // Of two, the first place that differs: the mirror of the one that comes later may be
      // earlier.
      const std::size_t late = graph.first(150) + 1;
      const std::size_t mirror = graph.mirror(late);
      const std::size_t slots = good.genesis.terms.slots;
      const auto bad = day_of(graph, {late * slots + 7, (graph.arcs() - 1) * slots + 3});
      const auto found = check_settled_day(bad.genesis, bad.state);
      ASSERT_TRUE(found);
      EXPECT_EQ(found->slot, 7U);
      EXPECT_EQ(found->prosumer, graph.arc(std::min(late, mirror)).from);
      EXPECT_NE(found->what.find("has no exact mirror"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace gridtally::audit
