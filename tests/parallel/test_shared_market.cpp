// The contract spread over ranks beside the contract of one process, which every rank runs for
// itself. On any number of ranks; collectives come first, expectations after them.
#include <gtest/gtest.h>

#include <string>

#include "parallel/graphs.hpp"
#include "parallel/shared_market.hpp"

namespace gridtally::parallel {
namespace {

constexpr std::size_t slots = 3;

/// Prosumers whose cost is ½ c (s − wish)² a slot: the primal step has a closed form.
struct Toy {
  std::vector<double> weight;
  std::vector<double> wish;

  explicit Toy(std::size_t prosumers) {
    market::Numbers number(5);
    for (std::size_t i = 0; i < prosumers * slots; ++i) {
      weight.push_back(number(0.2, 30.0));
      wish.push_back(number(-4.0, 4.0));
    }
  }

  /// θ = (s − A)/n of prosumer u in slot t; 0 without partners.
  [[nodiscard]] double theta(const market::Terms& terms, double rho, std::size_t u, std::size_t t,
                             double offer) const {
    const auto n = static_cast<double>(terms.graph.partners(u));
    if (n == 0.0) return 0.0;
    const std::size_t i = u * slots + t;
    const double pull = rho / n;
    return ((weight[i] * wish[i] + pull * offer) / (weight[i] + pull) - offer) / n;
  }
};

struct Case {
  std::string name;
  market::Form form;
  market::PartnerGraph graph;
};

std::vector<Case> cases() {
  using market::Form;
  using market::PartnerGraph;
  return {{"complete, few", Form::collapsed, PartnerGraph::complete(7)},
          {"complete, many blocks", Form::collapsed, PartnerGraph::complete(1500)},
          {"one prosumer", Form::collapsed, PartnerGraph::complete(1)},
          {"two", Form::collapsed, PartnerGraph::complete(2)},
          {"complete, pairwise", Form::pairwise, PartnerGraph::complete(9)},
          {"sparse", Form::collapsed, market::sparse_graph(700)},
          {"sparse, pairwise", Form::pairwise, market::sparse_graph(60)},
          {"limits", Form::pairwise, limited_graph(400)},
          {"separate cliques", Form::collapsed, separate_cliques(40)},
          {"separate cliques, pairwise", Form::pairwise, separate_cliques(40)},
          {"isolated prosumer", Form::collapsed, with_isolated_prosumer(12)},
          {"isolated prosumer, pairwise", Form::pairwise, with_isolated_prosumer(12)}};
}

market::Terms terms_of(const Case& each, std::uint32_t memory) {
  market::Terms terms;
  terms.form = each.form;
  terms.slots = slots;
  terms.rho = 7.0;
  terms.memory = memory;
  terms.graph = each.graph;
  return terms;
}

/// One iteration of one process.
void step(const market::Terms& terms, const Toy& toy, const std::vector<double>& offers,
          market::Iterate& iterate) {
  std::vector<double> decisions(terms.decision_rows() * slots);
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const bool collapsed = terms.form == market::Form::collapsed;
    const std::size_t u = collapsed ? i / slots : terms.graph.arc(i / slots).from;
    decisions[i] = toy.theta(terms, iterate.rho, u, i % slots, offers[u * slots + i % slots]);
    if (!collapsed) decisions[i] += iterate.second[i] + iterate.first[i] / iterate.rho;
  }
  market::dual_update(terms, decisions, iterate);
}

/// This rank's prosumers' share of the same iteration.
void step(const market::Terms& terms, const Toy& toy, std::span<const std::uint32_t> own,
          const std::vector<double>& offers, SharedMarket& market) {
  std::vector<double> theta;
  for (std::size_t i = 0; i < own.size(); ++i) {
    for (std::size_t t = 0; t < slots; ++t) {
      theta.push_back(
          toy.theta(terms, market.rho(), own[i], t, offers[market.own_rows()[i] * slots + t]));
    }
  }
  market.update(theta);
}

void expect_same_offers(const std::vector<double>& expected, std::span<const std::uint32_t> own,
                        const std::vector<double>& offers, const SharedMarket& market) {
  for (std::size_t i = 0; i < own.size(); ++i) {
    for (std::size_t t = 0; t < slots; ++t) {
      ASSERT_EQ(offers[market.own_rows()[i] * slots + t], expected[own[i] * slots + t])
          << "prosumer " << own[i] << ", slot " << t;
    }
  }
}

void compare_with(std::uint32_t memory, const Case& each, const Placement& placement) {
  const auto terms = terms_of(each, memory);
  const Toy toy(terms.prosumers());
  const auto own = placement.owned_by(rank());
  auto alone = market::initial_iterate(terms);
  SharedMarket shared(terms, placement, MPI_COMM_WORLD);
  for (int k = 0; k < 25; ++k) {
    const auto expected = market::offers(terms, alone);
    const auto offers = shared.offers();
    expect_same_offers(expected, own, offers, shared);
    step(terms, toy, expected, alone);
    step(terms, toy, own, offers, shared);
    EXPECT_EQ(shared.iteration(), alone.iteration);
    EXPECT_EQ(shared.residual(), alone.residual) << k;
    EXPECT_EQ(shared.rho(), alone.rho) << k;
  }
}

void compare(const Case& each, const Placement& placement) {
  compare_with(0, each, placement);
  SCOPED_TRACE("with a memory");
  compare_with(5, each, placement);
}

TEST(SharedMarket, HasTheBitsOfOneProcessForAnyPlacement) {
  for (const auto& each : cases()) {
    const auto prosumers = each.graph.prosumers();
    SCOPED_TRACE(each.name);
    {
      SCOPED_TRACE("in blocks");
      compare(each, Placement::in_blocks(prosumers, ranks()));
    }
    {
      SCOPED_TRACE("scattered");
      compare(each, scattered(prosumers));
    }
    if (each.graph.arcs() > 10'000) continue;
    SCOPED_TRACE("by partners");
    compare(each, Placement::by_partners(each.graph, MPI_COMM_WORLD));
  }
}

// Where a rank sees a clique of four and nobody else, its sums still run over partners.
TEST(SharedMarket, TakesNoPartForACompleteGraph) {
  const auto prosumers = static_cast<std::uint32_t>(4 * (ranks() + 1));
  std::vector<int> owner;
  for (std::uint32_t u = 0; u < prosumers; ++u) owner.push_back(static_cast<int>(u / 4) % ranks());
  compare({"", market::Form::collapsed, separate_cliques(prosumers)}, {owner, ranks()});
}

}  // namespace
}  // namespace gridtally::parallel
