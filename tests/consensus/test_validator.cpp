#include <gtest/gtest.h>

#include <algorithm>

#include "consensus/council.hpp"
#include "consensus/stand.hpp"

namespace gridtally::consensus {
namespace {

using ledger::Message;
using ledger::Step;
using ledger::TinyMarket;

ledger::Committed shared(const ledger::CommittedBlock& block) {
  return std::make_shared<const ledger::CommittedBlock>(block);
}

TEST(Validator, EveryCommitteeReachesTheEndOfTheRun) {
  for (const std::uint32_t members : {1U, 2U, 3U, 4U, 5U, 7U, 10U}) {
    const TinyMarket market(members);
    Council council(market);
    ledger::Tip tip = first_position(market.genesis)->tip;
    ledger::ContractState state = initial_state(market.genesis);
    for (std::uint64_t h = 1; h <= ledger::tiny_blocks; ++h) {
      council.run_height();
      ASSERT_EQ(council[0].height(), h) << members;
      EXPECT_EQ(council[0].committed()->block.header.round, 0U);
      ledger::Verifier verifier;
      const auto fault = check_block(market.genesis, *council[0].committed(), tip, state, verifier);
      ASSERT_FALSE(fault) << describe(*fault);
    }
    EXPECT_TRUE(council[0].ended());
    EXPECT_EQ(council.commits.size(), ledger::tiny_blocks * members);
    EXPECT_TRUE(council.evidence.empty());
  }
}

TEST(Validator, OneProcessHasOneStateAndChecksASignatureOnceHoweverManyItHosts) {
  for (const std::uint32_t members : {1U, 4U, 7U, 20U}) {
    SCOPED_TRACE(members);
    const TinyMarket market(members);
    Council council(market);
    council.run_height();
    for (std::uint32_t v = 1; v < members; ++v) {
      EXPECT_EQ(council[v].position(), council[0].position());
    }
    for (const auto& commit : council.commits) EXPECT_EQ(commit, council.commits[0]);
    // Two transactions, the outline's and the block's signature, the offer, two votes of each.
    EXPECT_LE(council.verifier.checks_done(), 5U + 2U * members);
  }
}

TEST(Validator, SilentProposerCostsARound) {
  const TinyMarket market(4);
  Council council(market, {0, 2, 3});  // validator 1 is due at height 1
  council.run_height();
  for (const Timer timer : {Timer::propose, Timer::prevote, Timer::precommit}) {
    for (const std::uint32_t v : {0U, 2U, 3U}) council.expire(v, timer);
    council.deliver();
  }
  EXPECT_EQ(council[0].round(), 1U);
  council.propose();
  council.deliver();
  ASSERT_EQ(council[3].height(), 1U);
  EXPECT_EQ(council[3].committed()->block.header.round, 1U);
  EXPECT_EQ(council[3].committed()->block.header.proposer, 2U);
}

TEST(Validator, TooFewHaltAndNameTheSilent) {
  const TinyMarket market(4);
  Council council(market, {0, 1});
  council.run_height();
  for (const Timer timer : {Timer::propose, Timer::prevote, Timer::precommit, Timer::resend}) {
    for (const std::uint32_t v : {0U, 1U}) council.expire(v, timer);
    council.deliver();
  }
  EXPECT_TRUE(council.commits.empty());
  EXPECT_EQ(council[0].unheard(), (std::vector<std::uint32_t>{2, 3}));
}

TEST(Validator, LatePrecommitsJoinTheCertificateAndForgedOnesDoNot) {
  Stand stand(0);
  const auto offer = stand.fresh(0);
  stand.give(offer);
  stand.give_votes(Step::prevote, 0, hash_of(offer), {1, 2});
  const Output out = stand.give_votes(Step::precommit, 0, hash_of(offer), {1, 2});
  ASSERT_EQ(out.commits.size(), 1U);
  EXPECT_EQ(stand.validator->committed(), out.commits[0]);
  ledger::Vote forged = stand.vote(Step::precommit, 0, hash_of(offer), 3);
  forged.signature.bytes[0] ^= 1;
  stand.give(forged);
  EXPECT_EQ(stand.validator->committed()->certificate.precommits.size(), 3U);
  stand.give_votes(Step::precommit, 0, hash_of(offer), {3});
  EXPECT_EQ(stand.validator->committed()->certificate.precommits.size(), 4U);
}

TEST(Validator, WhoLostMessagesFetchesTheBlock) {
  const TinyMarket market(4);
  Council council(market);
  council.lost = [](std::uint32_t, std::uint32_t to, const Message& message) {
    return to == 3 && !std::holds_alternative<ledger::Committed>(message);
  };
  for (int h = 0; h < 2; ++h) council.run_height();
  EXPECT_EQ(council[0].height(), 2U);
  EXPECT_EQ(council[3].height(), 0U);
  council.expire(3, Timer::resend);
  council.deliver();  // each block fetched asks for the next
  EXPECT_EQ(council[3].height(), 2U);
  EXPECT_EQ(council[3].position()->tip, council[0].position()->tip);
}

TEST(Validator, MessagesOfTheNextHeightWait) {
  const TinyMarket market(4);
  Council council(market);
  std::vector<Message> late;
  council.lost = [&](std::uint32_t, std::uint32_t to, const Message& message) {
    if (to == 3) late.push_back(message);
    return to == 3;
  };
  council.run_height();
  council.run_height();
  std::reverse(late.begin(), late.end());
  for (const Message& message : late) council.handle(3, council[3].receive(message, 0));
  EXPECT_EQ(council[3].height(), 2U);
}

TEST(Validator, FarAheadAsksOnceAHeight) {
  Stand stand(0);
  ledger::Vote vote = stand.vote(Step::prevote, 0, {}, 1);
  vote.height = 9;
  const Output out = stand.give(vote, 5);
  ASSERT_EQ(out.envelopes.size(), 1U);
  EXPECT_EQ(out.envelopes[0].to, 5U);
  EXPECT_EQ(std::get<ledger::Request>(out.envelopes[0].message).height, 1U);
  EXPECT_TRUE(stand.give(vote, 5).envelopes.empty());
}

TEST(Validator, RequestIsAnsweredToTheSenderOnly) {
  Stand stand(0);
  EXPECT_TRUE(stand.give(ledger::Request{1}, 7).envelopes.empty());
  stand.give(shared(stand.committed(stand.fresh(0), {1, 2, 3})));
  const Output out = stand.give(ledger::Request{1}, 7);
  ASSERT_EQ(out.envelopes.size(), 1U);
  EXPECT_EQ(out.envelopes[0].to, 7U);
  EXPECT_TRUE(std::holds_alternative<ledger::Committed>(out.envelopes[0].message));
  EXPECT_TRUE(stand.give(ledger::Request{2}, 7).envelopes.empty());
  EXPECT_TRUE(stand.give(ledger::Request{0}, 7).envelopes.empty());
}

TEST(Validator, ForgedCommitsRefusedByName) {
  Stand stand(0);
  const auto offer = stand.fresh(0);
  const auto refused = [&](const ledger::CommittedBlock& block, const std::string& what) {
    EXPECT_TRUE(stand.give(shared(block)).commits.empty());
    EXPECT_EQ(stand.refusal(), what);
  };
  refused(stand.committed(offer, {1, 2}), "certificate's quorum");
  refused(stand.committed(offer, {1, 2, 2}), "certificate's validator");
  auto bad = stand.committed(offer, {1, 2, 3});
  bad.certificate.precommits[1].signature.bytes[0] ^= 1;
  refused(bad, "precommit's signature");
  bad = stand.committed(offer, {1, 2, 3});
  bad.block.transactions = stand.fresh(0, 1).block->transactions;
  refused(bad, "transactions root");
  EXPECT_EQ(stand.give(shared(stand.committed(offer, {1, 2, 3}))).commits.size(), 1U);
}

TEST(Validator, SpamOfTheNextHeightIsBoundedForEachSender) {
  Stand stand(0);
  WaitingRoom room;
  const ledger::Vote vote = stand.vote(Step::prevote, 0, {}, 1);
  std::size_t kept = 0;
  for (int i = 0; i < 1000; ++i) kept += room.put(vote, 1, 4) ? 1 : 0;
  EXPECT_EQ(kept, 4 * WaitingRoom::votes_a_member);
  EXPECT_TRUE(room.put(vote, 2, 4));
  EXPECT_TRUE(room.put(stand.fresh(0), 1, 4));
  EXPECT_TRUE(room.put(stand.fresh(0), 1, 4));
  EXPECT_FALSE(room.put(stand.fresh(0), 1, 4));
  EXPECT_EQ(room.clear().size(), kept + 3);
  EXPECT_TRUE(room.put(vote, 1, 4));
}

/// Four members and a fifth key; the ballots stand in block 1.
class MembershipTest : public testing::Test {
 protected:
  MembershipTest() : market_(5) { market_.genesis.validators.pop_back(); }

  void decide_first_block(Council& council, std::uint32_t about, bool add) {
    const auto key = market_.validator_keys[about].public_key();
    std::vector<ledger::Ballot> ballots;
    for (const std::uint32_t voter : {0U, 1U, 2U}) {
      ballots.push_back(market_.ballot(voter, key, add));
    }
    const auto& state = council[1].position()->state;
    council.handle(1, council[1].propose(market_.transactions(state), ballots));
    council.deliver();
  }

  TinyMarket market_;
};

TEST_F(MembershipTest, CandidateFollowsThenVotesFromTheNextHeight) {
  Council council(market_);
  EXPECT_FALSE(council[4].index());
  decide_first_block(council, 4, true);
  ASSERT_EQ(council[4].height(), 1U);
  EXPECT_EQ(council[4].index(), 4U);
  council.sent.clear();
  while (!council[0].ended()) council.run_height();
  const auto spoke = [](const Message& message) {
    const auto* vote = std::get_if<ledger::Vote>(&message);
    return vote != nullptr && vote->validator == 4;
  };
  EXPECT_TRUE(std::any_of(council.sent.begin(), council.sent.end(), spoke));
  EXPECT_EQ(council[4].height(), ledger::tiny_blocks);
}

TEST_F(MembershipTest, RemovedMemberStopsVotingAndFollows) {
  Council council(market_, {0, 1, 2, 3});
  decide_first_block(council, 3, false);
  ASSERT_EQ(council[3].height(), 1U);
  council.sent.clear();
  while (!council[0].ended()) council.run_height();
  for (const Message& message : council.sent) {
    const auto* vote = std::get_if<ledger::Vote>(&message);
    EXPECT_FALSE(vote != nullptr && vote->validator == 3);
  }
  EXPECT_EQ(council[3].height(), ledger::tiny_blocks);
  EXPECT_EQ(council[0].committed()->certificate.precommits.size(), 3U);
}

TEST_F(MembershipTest, ChangeCountsForNoRoundOfItsOwnHeight) {
  Council council(market_);
  council.lost = [](std::uint32_t, std::uint32_t, const Message& message) {
    const auto* vote = std::get_if<ledger::Vote>(&message);
    return vote != nullptr && vote->height == 1 && vote->step == Step::precommit;
  };
  decide_first_block(council, 4, true);  // prevoted, not committed
  EXPECT_EQ(council[0].height(), 0U);
  EXPECT_FALSE(council[4].may_propose());
  EXPECT_FALSE(council[4].index());
  council.lost = nullptr;
  for (std::uint32_t v = 0; v < 4; ++v) council.expire(v, Timer::resend);
  council.deliver();
  EXPECT_EQ(council[0].height(), 1U);
  EXPECT_EQ(council[0].position()->state.membership.active().size(), 5U);
}

}  // namespace
}  // namespace gridtally::consensus
