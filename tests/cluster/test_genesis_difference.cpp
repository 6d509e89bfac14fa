#include <gtest/gtest.h>

#include <functional>

#include "cluster/genesis_difference.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::cluster {
namespace {

using ledger::Genesis;

struct Change {
  const char* line;  ///< how it must begin
  std::function<void(Genesis&)> make;
};

const std::vector<Change>& changes() {
  static const std::vector<Change> all{
      {"prosumer 1: ", [](auto& g) { g.prosumers[1] += "x"; }},
      {"days: 2 then, 1 now (--days", [](auto& g) { g.days = 1; }},
      {"hours a slot: ", [](auto& g) { g.slot_hours = 0.5; }},
      {"peak price: ", [](auto& g) { g.peak_price += 1; }},
      {"trading price: 10 then, 11 now", [](auto& g) { g.terms.p2p_price = 11; }},
      {"grid price 2: ", [](auto& g) { g.grid_price[2] += 1; }},
      {"reserve price 3: ", [](auto& g) { g.reserve_price[3] += 1; }},
      {"form: collapsed then, pairwise now",
       [](auto& g) { g.terms.form = market::Form::pairwise; }},
      {"rho: ", [](auto& g) { g.terms.rho += 1; }},
      {"epsilon: ", [](auto& g) { g.terms.epsilon *= 2; }},
      {"gap: 0 then, 0.5 now", [](auto& g) { g.terms.gap = 0.5; }},
      {"iterations a day at most: ", [](auto& g) { g.terms.max_iterations += 1; }},
      {"staleness: 0 then, 3 now", [](auto& g) { g.staleness = 3; }},
      {"vote epoch: ", [](auto& g) { g.vote_epoch += 1; }},
      {"opening balance 0: none then, 5 micro-cents now",
       [](auto& g) { g.opening_balances[0] = 5; }},
      {"validator 2: ", [](auto& g) { g.validators[2] = ledger::test_key(9, 9).public_key(); }},
      {"number of validators: 4 then, 3 now", [](auto& g) { g.validators.pop_back(); }},
      {"meter 1: key ", [](auto& g) { g.meters[1].key = ledger::test_key(9, 9).public_key(); }},
      {"commitment to the private inputs of prosumer 0: ",
       [](auto& g) { g.input_commitments[0][5] ^= 1U; }},
  };
  return all;
}

TEST(GenesisDifference, OfTheSameRunIsNone) {
  const ledger::TinyMarket market(4);
  EXPECT_TRUE(differences(market.genesis, market.genesis).empty());
}

TEST(GenesisDifference, NamesWhatIsAnother) {
  const ledger::TinyMarket market(4);
  for (const auto& change : changes()) {
    Genesis now = market.genesis;
    change.make(now);
    const auto lines = differences(market.genesis, now);
    ASSERT_EQ(lines.size(), 1U) << change.line;
    EXPECT_TRUE(lines[0].starts_with(change.line)) << lines[0];
  }
}

// Commitments are salted with the meter's key: another key says it all.
TEST(GenesisDifference, OfAMetersKeySaysNothingOfItsInputs) {
  const ledger::TinyMarket market(4);
  Genesis now = market.genesis;
  now.meters[0].key = ledger::test_key(9, 9).public_key();
  now.input_commitments[0][5] ^= 1U;
  const auto lines = differences(market.genesis, now);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("meter 0: ")) << lines[0];
}

}  // namespace
}  // namespace gridtally::cluster
