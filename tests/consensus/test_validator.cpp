#include <gtest/gtest.h>

#include "base/error.hpp"
#include "consensus/council.hpp"

namespace gridtally::consensus {
namespace {

using ledger::TinyMarket;

TEST(Validator, EveryCommitteeReachesTheEndOfTheRun) {
  for (const std::uint32_t members : {1U, 2U, 3U, 4U, 5U, 7U, 10U}) {
    const TinyMarket market(members);
    Council council(market);
    ledger::Tip tip = first_position(market.genesis)->tip;
    ledger::ContractState state = initial_state(market.genesis);
    for (std::uint64_t h = 1; h <= ledger::tiny_blocks; ++h) {
      council.run_height();
      ASSERT_EQ(council[0].height(), h) << members;
      ledger::Verifier verifier;
      const auto fault = check_block(market.genesis, *council[0].committed(), tip, state, verifier);
      ASSERT_FALSE(fault) << describe(*fault);
    }
    EXPECT_TRUE(council[0].ended());
    EXPECT_EQ(council.commits.size(), ledger::tiny_blocks * members);
    EXPECT_TRUE(council.evidence.empty());
  }
}

}  // namespace
}  // namespace gridtally::consensus
