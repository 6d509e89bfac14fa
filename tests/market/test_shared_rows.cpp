// What the contract computes is the same however many threads share its rows.
#include <gtest/gtest.h>

#include <vector>

#include "base/crew.hpp"
#include "market/contract.hpp"
#include "market/random_market.hpp"

namespace gridtally::market {
namespace {

struct Computed {
  Iterate iterate;
  std::vector<double> trades;
  std::vector<double> net_trades;
  std::vector<std::int64_t> bills;

  bool operator==(const Computed&) const = default;
};

Computed compute(const Terms& terms) {
  Numbers number(5);
  Computed computed{initial_iterate(terms), {}, {}, {}};
  for (int k = 0; k < 12; ++k) {
    dual_update(terms, random_row(number, terms.decision_rows() * terms.slots, 1.0 / (1 + k)),
                computed.iterate);
  }
  computed.trades = all_trades(terms, computed.iterate);
  computed.net_trades = net_trades(terms, computed.trades);
  computed.bills = settle(terms, computed.trades);
  return computed;
}

TEST(SharedRows, ThreadsChangeNothing) {
  for (const bool complete : {false, true}) {
    Terms terms;
    terms.slots = 24;
    terms.memory = 4;
    terms.rho = 1.0;
    terms.p2p_price = 17.0;
    terms.graph = complete ? PartnerGraph::complete(300) : sparse_graph(3001);
    const auto alone = compute(terms);
    EXPECT_FALSE(alone.iterate.acceleration.steps.empty());
    Crew crew(3);
    const LentCrew lent(crew);
    EXPECT_EQ(compute(terms), alone) << (complete ? "complete" : "sparse");
  }
}

}  // namespace
}  // namespace gridtally::market
