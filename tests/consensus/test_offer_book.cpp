#include <gtest/gtest.h>

#include "consensus/stand.hpp"

namespace gridtally::consensus {
namespace {

using ledger::Step;

TEST(OfferBook, RoundsAheadAreBoundedToTheProposersLatest) {
  const Stand stand(0);  // validator 1 is due in rounds 0, 4, 8, …
  const Committee committee{stand.start->state.run_id, 1, stand.start->state.membership};
  OfferBook book(committee, *stand.executor);
  for (const std::uint32_t round : {4U, 8U, 12U}) {
    EXPECT_TRUE(book.take(stand.fresh(round), 0).fresh);
  }
  EXPECT_EQ(book.find(4U), nullptr);
  EXPECT_NE(book.find(8U), nullptr);
  EXPECT_EQ(book.take(stand.fresh(4), 0).refusal->what, "round of an offer");
  EXPECT_TRUE(book.take(stand.fresh(5), 0).fresh) << "validator 2 has a share of its own";
}

TEST(OfferBook, OldRoundsGoButTheProtectedBlockStays) {
  const Stand stand(0);
  const Committee committee{stand.start->state.run_id, 1, stand.start->state.membership};
  OfferBook book(committee, *stand.executor);
  for (std::uint32_t round = 0; round < 3; ++round) book.take(stand.fresh(round), round);
  book.begin_round(7, hash_of(stand.fresh(1)));
  EXPECT_EQ(book.find(0U), nullptr);
  EXPECT_NE(book.find(1U), nullptr);
  EXPECT_EQ(book.find(2U), nullptr);
}

TEST(OfferBook, OldRoundsOfferOnlyWhereAQuorumVotedForIt) {
  Stand stand(0);
  const auto old = stand.fresh(0);
  stand.give_votes(Step::precommit, 9, {}, {1, 2});
  stand.give(old);
  stand.give_votes(Step::precommit, 0, hash_of(old), {1, 2, 3});
  EXPECT_EQ(stand.validator->height(), 0U);
  EXPECT_EQ(stand.give(old).commits.size(), 1U);
}

}  // namespace
}  // namespace gridtally::consensus
