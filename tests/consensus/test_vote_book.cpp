#include <gtest/gtest.h>

#include "consensus/stand.hpp"

namespace gridtally::consensus {
namespace {

using ledger::Digest;
using ledger::Step;
using ledger::Vote;

constexpr Digest block{1};
constexpr Digest other{2};

/// Height 1 of seven members: quorum 5, f = 2.
class VoteBookTest : public testing::Test {
 protected:
  VoteBookTest()
      : stand_(0, 7),
        committee_{stand_.start->state.run_id, 1, stand_.start->state.membership},
        book_(committee_, verifier_) {}

  VoteBook::Taken take(Step step, std::uint32_t round, const Digest& hash, std::uint32_t voter) {
    return book_.take(stand_.vote(step, round, hash, voter), 0);
  }
  Vote forged(const Digest& hash, std::uint32_t voter) {
    Vote vote = stand_.vote(Step::prevote, 0, hash, voter);
    vote.signature.bytes[0] ^= 1;
    return vote;
  }
  void decide() {
    for (std::uint32_t v = 0; v < 5; ++v) take(Step::prevote, 0, block, v);
  }

  Stand stand_;
  ledger::Verifier verifier_;
  Committee committee_;
  VoteBook book_;
};

TEST_F(VoteBookTest, DecidedByAQuorumOfOneStepAndRound) {
  for (std::uint32_t v = 0; v < 4; ++v) EXPECT_TRUE(take(Step::prevote, 0, block, v).fresh);
  take(Step::prevote, 0, block, 3);
  take(Step::precommit, 0, block, 4);
  take(Step::prevote, 1, block, 5);
  take(Step::prevote, 0, other, 6);
  EXPECT_FALSE(book_.decided(0, Step::prevote));
  take(Step::prevote, 0, block, 4);
  EXPECT_EQ(book_.decided(0, Step::prevote), block);
  EXPECT_FALSE(book_.decided(0, Step::precommit));
}

TEST_F(VoteBookTest, RefusedByName) {
  Vote vote = stand_.vote(Step::prevote, 0, block, 1);
  vote.run_id = Digest{9};
  EXPECT_EQ(book_.take(vote, 0).refusal->what, "vote's run id");
  vote = stand_.vote(Step::prevote, 0, block, 1);
  vote.height = 2;
  EXPECT_EQ(book_.take(vote, 0).refusal->what, "vote's height");
  vote = stand_.vote(Step::prevote, 0, block, 1);
  vote.validator = 7;
  EXPECT_EQ(book_.take(vote, 0).refusal->what, "vote's validator");
  EXPECT_EQ(book_.take(forged(block, 1), 0).refusal->what, "vote's signature");
}

TEST_F(VoteBookTest, VotesBeyondTheQuorumAreCheckedOnDemand) {
  decide();
  const std::size_t checks = verifier_.checks_done();
  EXPECT_FALSE(take(Step::prevote, 0, block, 5).fresh);
  EXPECT_FALSE(book_.take(forged(block, 6), 0).refusal);
  EXPECT_EQ(verifier_.checks_done(), checks);
  EXPECT_EQ(book_.checked(0, Step::prevote, block).size(), 5U);
  EXPECT_EQ(book_.all(0, Step::prevote, block).size(), 6U);
  EXPECT_TRUE(book_.voted(5, 0));
  EXPECT_FALSE(book_.voted(6, 0));
}

TEST_F(VoteBookTest, ForgedVoteThatWasKeptGivesWay) {
  decide();
  book_.take(forged({}, 5), 0);
  EXPECT_FALSE(take(Step::prevote, 0, block, 5).second);
  EXPECT_EQ(book_.all(0, Step::prevote, block).size(), 6U);
  EXPECT_TRUE(take(Step::prevote, 0, other, 5).second);
}

TEST_F(VoteBookTest, SecondVoteCountsWhereAnHonestMemberAgrees) {
  take(Step::prevote, 0, other, 6);
  EXPECT_TRUE(take(Step::prevote, 0, block, 6).second);
  for (std::uint32_t v = 0; v < 4; ++v) take(Step::prevote, 0, block, v);
  EXPECT_FALSE(book_.decided(0, Step::prevote)) << "one vote of the liar was let go";
  EXPECT_FALSE(take(Step::prevote, 0, block, 6).second) << "told once";
  EXPECT_EQ(book_.decided(0, Step::prevote), block);
  EXPECT_EQ(book_.checked(0, Step::prevote, block).size(), 5U);
}

TEST_F(VoteBookTest, LiarsSecondVotesAreBounded) {
  take(Step::prevote, 0, block, 0);
  for (std::uint8_t i = 3; i < 50; ++i) take(Step::prevote, 0, Digest{i}, 0);
  for (std::uint8_t i = 3; i < 50; ++i) {
    EXPECT_TRUE(book_.all(0, Step::prevote, Digest{i}).empty());
  }
}

TEST_F(VoteBookTest, RoundsAheadAreBoundedToTheLatest) {
  for (std::uint32_t round = 1; round < 1000; ++round) take(Step::prevote, round, {}, 1);
  EXPECT_EQ(book_.rounds(), (std::vector<std::uint32_t>{998, 999}));
  EXPECT_EQ(take(Step::prevote, 5, {}, 1).refusal->what, "round of a vote");
  EXPECT_TRUE(take(Step::prevote, 5, {}, 2).fresh);
}

TEST_F(VoteBookTest, ReachedIsWhereOneHonestMemberIs) {
  take(Step::prevote, 9, {}, 1);
  take(Step::prevote, 8, {}, 2);
  EXPECT_EQ(book_.reached(), 0U);
  take(Step::precommit, 3, {}, 3);
  EXPECT_EQ(book_.reached(), 3U);
  EXPECT_EQ(book_.heard(1), 9U);
  EXPECT_FALSE(book_.heard(4));
}

TEST_F(VoteBookTest, WhoIsAheadHasPassedEarlierSteps) {
  take(Step::prevote, 0, block, 0);
  take(Step::precommit, 0, {}, 1);
  take(Step::prevote, 1, {}, 2);
  EXPECT_EQ(book_.spoken(0, Step::prevote), 3U);
  EXPECT_EQ(book_.spoken(0, Step::precommit), 2U);
}

}  // namespace
}  // namespace gridtally::consensus
