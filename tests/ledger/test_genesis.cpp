#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "base/error.hpp"
#include "ledger/genesis.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

Genesis limited_market() {
  Genesis genesis = TinyMarket(3).genesis;
  const std::vector<market::Arc> pairs{{0, 1, 2.5}};
  genesis.terms.form = market::Form::pairwise;
  genesis.terms.memory = 8;
  genesis.terms.gap = 1e-4;
  genesis.staleness = 2;
  genesis.vote_epoch = 100;
  genesis.opening_balances[1] = 12'500'000;
  genesis.terms.graph = market::PartnerGraph::from_pairs(2, pairs);
  return genesis;
}

TEST(Genesis, RoundTrip) {
  for (const Genesis& genesis :
       {TinyMarket(1).genesis, TinyMarket(7, 1).genesis, limited_market()}) {
    const Bytes bytes = encode(genesis);
    const Genesis again = decode_genesis(bytes);
    EXPECT_EQ(encode(again), bytes);
    EXPECT_EQ(again.prosumers, genesis.prosumers);
    EXPECT_EQ(again.meters, genesis.meters);
    EXPECT_EQ(again.terms.graph.has_limits(), genesis.terms.graph.has_limits());
    EXPECT_EQ(again.terms.memory, genesis.terms.memory);
    EXPECT_EQ(again.terms.gap, genesis.terms.gap);
    EXPECT_EQ(again.staleness, genesis.staleness);
    EXPECT_EQ(again.vote_epoch, genesis.vote_epoch);
    EXPECT_EQ(again.opening_balances, genesis.opening_balances);
    EXPECT_EQ(run_id(again), sha256(bytes));
  }
}

TEST(Genesis, CompleteGraphTakesOneByte) {
  Genesis genesis = TinyMarket(1, 1).genesis;
  genesis.terms.graph = market::PartnerGraph::from_pairs(2, std::vector<market::Arc>{{0, 1}});
  EXPECT_EQ(encode(genesis), encode(TinyMarket(1, 1).genesis));
}

TEST(Genesis, EveryTruncationAndAnExtraByteRefused) {
  Bytes bytes = encode(limited_market());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(decode_genesis(ByteView(bytes).first(size)), FormatError) << size;
  }
  bytes.push_back(0);
  EXPECT_THROW(decode_genesis(bytes), FormatError);
}

TEST(Genesis, EveryFlippedByteRefusedOrAnotherRun) {
  const Bytes good = encode(limited_market());
  const Digest run = sha256(good);
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x11U;
    try {
      EXPECT_NE(run_id(decode_genesis(bad)), run) << i;
    } catch (const FormatError&) {
    }
  }
}

TEST(Genesis, EachBrokenRuleRefused) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::pair<const char*, std::function<void(Genesis&)>>> faults{
      {"no prosumer", [](Genesis& g) { g.prosumers.clear(); }},
      {"same name", [](Genesis& g) { g.prosumers[1] = g.prosumers[0]; }},
      {"no name", [](Genesis& g) { g.prosumers[0].clear(); }},
      {"no day", [](Genesis& g) { g.days = 0; }},
      {"price missing", [](Genesis& g) { g.grid_price.pop_back(); }},
      {"price NaN", [nan](Genesis& g) { g.reserve_price[1] = nan; }},
      {"price -0", [](Genesis& g) { g.grid_price[0] = -0.0; }},
      {"rho zero", [](Genesis& g) { g.terms.rho = 0.0; }},
      {"memory too long", [](Genesis& g) { g.terms.memory = 65; }},
      {"gap negative", [](Genesis& g) { g.terms.gap = -1e-6; }},
      {"epsilon NaN", [nan](Genesis& g) { g.terms.epsilon = nan; }},
      {"no iteration", [](Genesis& g) { g.terms.max_iterations = 0; }},
      {"no slot", [](Genesis& g) { g.terms.slots = 0; }},
      {"limits collapsed", [](Genesis& g) { g.terms.form = market::Form::collapsed; }},
      {"graph too large", [](Genesis& g) { g.terms.graph = market::PartnerGraph::complete(3); }},
      {"commitment missing", [](Genesis& g) { g.input_commitments.pop_back(); }},
      {"meter gap", [](Genesis& g) { g.meters[1].first = 0; }},
      {"meter short", [](Genesis& g) { g.meters.pop_back(); }},
      {"meter key twice", [](Genesis& g) { g.meters[1].key = g.meters[0].key; }},
      {"no validator", [](Genesis& g) { g.validators.clear(); }},
      {"too stale", [](Genesis& g) { g.staleness = 1001; }},
      {"no epoch", [](Genesis& g) { g.vote_epoch = 0; }},
      {"account missing", [](Genesis& g) { g.opening_balances.pop_back(); }},
      {"debt at the opening", [](Genesis& g) { g.opening_balances[0] = -1; }},
      {"balance too large", [](Genesis& g) { g.opening_balances[0] = 100'000'000'000'000'001; }},
      {"validator twice", [](Genesis& g) { g.validators[1] = g.validators[0]; }},
  };
  for (const auto& [name, spoil] : faults) {
    Genesis genesis = limited_market();
    ASSERT_NO_THROW(encode(genesis));
    spoil(genesis);
    EXPECT_THROW(encode(genesis), InputError) << name;
  }
}

TEST(Genesis, MeterOfEachProsumer) {
  const Genesis two = TinyMarket(1, 2).genesis;
  EXPECT_EQ(meter_of(two, 0), 0U);
  EXPECT_EQ(meter_of(two, 1), 1U);
  const Genesis one = TinyMarket(1, 1).genesis;
  EXPECT_EQ(meter_of(one, 1), 0U);
}

TEST(MeterRanges, EvenAndContiguous) {
  const auto ranges = meter_ranges(10, 4);
  const std::vector<std::uint32_t> counts{3, 3, 2, 2};
  std::uint32_t next = 0;
  for (std::size_t m = 0; m < ranges.size(); ++m) {
    EXPECT_EQ(ranges[m].first, next);
    EXPECT_EQ(ranges[m].count, counts[m]);
    next += ranges[m].count;
  }
  EXPECT_THROW(meter_ranges(3, 4), InputError);
  EXPECT_THROW(meter_ranges(3, 0), InputError);
}

}  // namespace
}  // namespace gridtally::ledger
