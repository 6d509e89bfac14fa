#include <gtest/gtest.h>

#include "base/error.hpp"
#include "consensus/adversary.hpp"
#include "consensus/stand.hpp"

namespace gridtally::consensus {
namespace {

using ledger::Digest;
using ledger::EvidenceKind;
using ledger::Proposal;
using ledger::Step;
using ledger::Vote;

const Digest nil{};

/// Validator 0 precommits `proposal` in its round: it is locked then.
void lock(Stand& stand, const Proposal& proposal) {
  stand.give(proposal);
  const Output out =
      stand.give_votes(Step::prevote, proposal.offer.round, hash_of(proposal), {1, 2});
  const Vote vote = only_vote(out);
  EXPECT_EQ(vote.step, Step::precommit);
  EXPECT_EQ(vote.block_hash, hash_of(proposal));
  EXPECT_TRUE(out.record_changed);
}

/// Members 1 and 2 were heard in that round, so that validator 0 goes there.
void move_to(Stand& stand, std::uint32_t round) {
  stand.give_votes(Step::precommit, round, nil, {1, 2});
  ASSERT_EQ(stand.validator->round(), round);
}

TEST(Rules, GoodOfferGetsOnePrevote) {
  Stand stand(0);
  const Proposal offer = stand.fresh(0);
  const Output out = stand.give(offer);
  EXPECT_EQ(only_vote(out), stand.vote(Step::prevote, 0, hash_of(offer), 0));
  EXPECT_TRUE(out.record_changed);
  EXPECT_TRUE(stand.give(offer).envelopes.empty());
}

TEST(Rules, QuorumOfPrevotesThenOfPrecommitsCommits) {
  Stand stand(0);
  const Proposal offer = stand.fresh(0);
  stand.give(offer);
  EXPECT_TRUE(votes_in(stand.give_votes(Step::prevote, 0, hash_of(offer), {1})).empty());
  const Output second = stand.give_votes(Step::prevote, 0, hash_of(offer), {2});
  EXPECT_EQ(only_vote(second), stand.vote(Step::precommit, 0, hash_of(offer), 0));
  EXPECT_TRUE(stand.give_votes(Step::precommit, 0, hash_of(offer), {1}).commits.empty());
  const Output last = stand.give_votes(Step::precommit, 0, hash_of(offer), {3});
  ASSERT_EQ(last.commits.size(), 1U);
  EXPECT_EQ(last.commits[0]->certificate.precommits.size(), 3U);
  EXPECT_EQ(stand.validator->height(), 1U);
  EXPECT_EQ(stand.validator->round(), 0U);
}

TEST(Rules, VotesBeforeTheOfferCount) {
  Stand stand(0);
  const Proposal offer = stand.fresh(0);
  stand.give_votes(Step::precommit, 0, hash_of(offer), {1, 2, 3});
  stand.give_votes(Step::prevote, 0, hash_of(offer), {1, 2, 3});
  EXPECT_EQ(stand.validator->height(), 0U);
  EXPECT_EQ(stand.give(offer).commits.size(), 1U);
}

TEST(Rules, PrecommitsOfAnEarlierRoundCommit) {
  Stand stand(0);
  const Proposal offer = stand.fresh(0);
  stand.give(offer);
  move_to(stand, 2);
  EXPECT_EQ(stand.give_votes(Step::precommit, 0, hash_of(offer), {1, 2, 3}).commits.size(), 1U);
}

TEST(Rules, WrongBlockGetsNilAndIsToldOnce) {
  Stand stand(0);
  Proposal bad = stand.fresh(0);
  auto block = std::make_shared<ledger::Block>(*bad.block);
  block->header.state_root = Digest{7};
  bad.offer.block_hash = block_hash(block->header);
  block->proposer_signature =
      stand.market.validator_keys[1].sign(ledger::proposal_bytes(bad.offer.block_hash));
  bad.block = block;
  bad = stand.sign_again(bad);
  const Output out = stand.give(bad);
  EXPECT_TRUE(only_vote(out).is_nil());
  EXPECT_EQ(stand.refusal(), "state root");
  ASSERT_EQ(out.evidence.size(), 1U);
  EXPECT_EQ(out.evidence[0].kind, EvidenceKind::wrong_block);
  EXPECT_EQ(out.evidence[0].accused, 1U);
  EXPECT_TRUE(stand.give(bad).evidence.empty());
  // Not even a quorum makes it good.
  stand.give_votes(Step::prevote, 0, hash_of(bad), {1, 2, 3});
  EXPECT_TRUE(stand.give_votes(Step::precommit, 0, hash_of(bad), {1, 2, 3}).commits.empty());
}

TEST(Rules, TimeoutsVoteNilAndEndTheRound) {
  Stand stand(0);
  EXPECT_FALSE(sets(stand.restart({}), Timer::propose));
  EXPECT_TRUE(sets(stand.validator->ready(), Timer::propose));
  EXPECT_FALSE(sets(stand.validator->ready(), Timer::propose));
  EXPECT_EQ(only_vote(stand.expire(Timer::propose)), stand.vote(Step::prevote, 0, nil, 0));
  EXPECT_TRUE(stand.expire(Timer::propose).envelopes.empty());
  const Output split = stand.give_votes(Step::prevote, 0, Digest{5}, {1, 2});
  EXPECT_TRUE(sets(split, Timer::prevote));
  EXPECT_EQ(only_vote(stand.expire(Timer::prevote)), stand.vote(Step::precommit, 0, nil, 0));
  EXPECT_TRUE(sets(stand.give_votes(Step::precommit, 0, Digest{5}, {1, 2}), Timer::precommit));
  const Output next = stand.expire(Timer::precommit);
  EXPECT_EQ(stand.validator->round(), 1U);
  ASSERT_EQ(next.alarms.size(), 2U);
  EXPECT_EQ(next.alarms[1].timer, Timer::propose);
  EXPECT_EQ(next.alarms[1].after, 2 * Timeouts{}.propose);
}

TEST(Rules, AlarmOfAnotherRoundOrHeightIsVoid) {
  Stand stand(0);
  EXPECT_TRUE(stand.validator->expire({Timer::propose, 1, 1, 0}).envelopes.empty());
  EXPECT_TRUE(stand.validator->expire({Timer::propose, 2, 0, 0}).envelopes.empty());
  EXPECT_TRUE(stand.validator->expire({Timer::precommit, 0, 0, 0}).envelopes.empty());
  EXPECT_EQ(stand.validator->round(), 0U);
}

TEST(Rules, QuorumOfNilPrevotesPrecommitsNilAtOnce) {
  Stand stand(0);
  stand.expire(Timer::propose);
  EXPECT_EQ(only_vote(stand.give_votes(Step::prevote, 0, nil, {1, 2})),
            stand.vote(Step::precommit, 0, nil, 0));
}

TEST(Rules, SkipsToARoundThatAnHonestMemberHasReached) {
  Stand stand(0);
  stand.give_votes(Step::prevote, 5, nil, {1});
  EXPECT_EQ(stand.validator->round(), 0U);
  stand.give_votes(Step::prevote, 3, nil, {2});
  EXPECT_EQ(stand.validator->round(), 3U);
}

TEST(Rules, LockedValidatorSupportsNoOtherBlock) {
  Stand stand(0);
  lock(stand, stand.fresh(0));
  move_to(stand, 1);
  EXPECT_TRUE(only_vote(stand.give(stand.fresh(1, 1))).is_nil());
}

TEST(Rules, LockedValidatorSupportsItsBlockAgain) {
  Stand stand(0);
  const Proposal first = stand.fresh(0);
  lock(stand, first);
  move_to(stand, 1);
  EXPECT_EQ(only_vote(stand.give(stand.again(first, 1, 0, {1, 2, 3}))).block_hash, hash_of(first));
}

TEST(Rules, LaterQuorumUnlocksAndAnEarlierDoesNot) {
  for (const bool later : {false, true}) {
    Stand stand(0);
    const Proposal other = stand.fresh(later ? 1 : 0, 1);
    if (later) {
      lock(stand, stand.fresh(0));
    } else {
      move_to(stand, 1);
      lock(stand, stand.fresh(1));
    }
    move_to(stand, 2);
    const std::uint32_t valid_round = later ? 1 : 0;
    const Vote vote = only_vote(stand.give(stand.again(other, 2, valid_round, {1, 2, 3})));
    EXPECT_EQ(vote.block_hash, later ? hash_of(other) : nil);
  }
}

TEST(Rules, PrevotesOfAnOfferMustBeAQuorumOfMembers) {
  Stand stand(0);
  const Proposal first = stand.fresh(0);
  lock(stand, stand.fresh(0, 1));
  move_to(stand, 1);
  Proposal bad = stand.again(first, 1, 0, {1, 2});
  EXPECT_TRUE(stand.give(bad).envelopes.empty());
  EXPECT_EQ(stand.refusal(), "prevotes with an offer");
  bad = stand.again(first, 1, 0, {1, 2, 2});
  EXPECT_TRUE(stand.give(bad).envelopes.empty());
  bad = stand.again(first, 1, 0, {1, 2, 3});
  bad.prevotes[2].signature.bytes[5] ^= 1;
  EXPECT_TRUE(stand.give(bad).envelopes.empty());
  bad = stand.again(first, 1, 0, {1, 2, 3});
  bad.prevotes[2].validator = 4;
  EXPECT_TRUE(stand.give(bad).envelopes.empty());
  bad = stand.again(first, 1, 1, {1, 2, 3});
  EXPECT_TRUE(stand.give(bad).envelopes.empty());
  // Stripped or forged prevotes spoil nothing: the real ones count when they come.
  EXPECT_EQ(only_vote(stand.give(stand.again(first, 1, 0, {1, 2, 3}))).block_hash, hash_of(first));
}

TEST(Rules, ProposerOffersTheValidBlockWithItsPrevotes) {
  Stand stand(0);
  const Proposal first = stand.fresh(0);
  lock(stand, first);
  const Output out = stand.give_votes(Step::prevote, 3, nil, {1, 2});
  const auto offers = offers_in(out);
  ASSERT_EQ(offers.size(), 1U);
  EXPECT_EQ(offers[0].offer.round, 3U);
  EXPECT_EQ(offers[0].offer.valid_round, 0U);
  EXPECT_EQ(hash_of(offers[0]), hash_of(first));
  EXPECT_EQ(offers[0].prevotes.size(), 3U);
  EXPECT_EQ(votes_in(out).at(0).block_hash, hash_of(first));
  EXPECT_FALSE(stand.validator->may_propose());
}

TEST(Rules, ValidBlockOfARoundThatIsOverIsOfferedToo) {
  Stand stand(0);
  const Proposal first = stand.fresh(0);
  stand.give(first);
  move_to(stand, 1);
  stand.give_votes(Step::prevote, 0, hash_of(first), {1, 2, 3});
  EXPECT_EQ(offers_in(stand.give_votes(Step::prevote, 3, nil, {1, 2})).size(), 1U);
}

TEST(Rules, WrongTurnsAndFormsRefusedByName) {
  Stand stand(0);
  const Proposal good = stand.fresh(0);
  const auto refused = [&](Proposal proposal, bool sign, const std::string& what) {
    if (sign) proposal = stand.sign_again(proposal);
    EXPECT_TRUE(stand.give(proposal).envelopes.empty());
    EXPECT_EQ(stand.refusal(), what);
  };
  Proposal bad = good;
  bad.offer.proposer = 2;
  refused(bad, true, "offer's proposer in round 0");
  bad = good;
  bad.offer.round = 1;
  bad.offer.proposer = 2;
  refused(bad, true, "round and author of a new block");
  bad = good;
  bad.offer.run_id = Digest{1};
  refused(bad, true, "offer's run id");
  bad = good;
  bad.offer.block_hash = Digest{1};
  refused(bad, true, "offered block");
  bad = good;
  bad.offer.signature.bytes[0] ^= 1;
  refused(bad, false, "offer's signature");
  bad = good;
  bad.prevotes = stand.again(good, 1, 0, {1, 2, 3}).prevotes;
  refused(bad, true, "prevotes with an offer");
  EXPECT_EQ(only_vote(stand.give(good)).block_hash, hash_of(good));
}

TEST(Rules, ChangedBodyIsRefusedAndNobodyAccused) {
  Stand stand(0);
  const Proposal good = stand.fresh(0);
  auto block = std::make_shared<ledger::Block>(*good.block);
  block->transactions = stand.fresh(0, 1).block->transactions;
  Proposal bad = good;
  bad.block = block;
  Output out = stand.give(bad);
  EXPECT_TRUE(out.envelopes.empty());
  EXPECT_TRUE(out.evidence.empty());
  EXPECT_EQ(stand.refusal(), "offered block");
  block = std::make_shared<ledger::Block>(*good.block);
  block->proposer_signature.bytes[0] ^= 1;
  bad.block = block;
  out = stand.give(bad);
  EXPECT_TRUE(out.envelopes.empty());
  EXPECT_TRUE(out.evidence.empty());
  EXPECT_EQ(only_vote(stand.give(good)).block_hash, hash_of(good));
}

TEST(Rules, ProposesOnceInItsTurnOnly) {
  Stand stand(1);
  EXPECT_TRUE(stand.validator->may_propose());
  auto transactions = transactions_of(stand.market, stand.start->state, 0);
  auto swapped = transactions;
  std::swap(swapped[0], swapped[1]);
  EXPECT_THROW(stand.validator->propose(swapped, {}), FormatError);
  const Output out = stand.validator->propose(transactions, {});
  EXPECT_TRUE(out.record_changed);
  EXPECT_EQ(offers_in(out).size(), 1U);
  EXPECT_EQ(only_vote(out).step, Step::prevote);
  EXPECT_FALSE(stand.validator->may_propose());
  EXPECT_THROW(stand.validator->propose(transactions, {}), Error);
  Stand other(0);
  EXPECT_FALSE(other.validator->may_propose());
  EXPECT_THROW(other.validator->propose(transactions, {}), Error);
  other.give_votes(Step::prevote, 3, nil, {1, 2});
  EXPECT_TRUE(other.validator->may_propose());
}

TEST(Rules, StrangerFollowsAndNeverSpeaks) {
  Stand stand(0);
  const auto stranger = ledger::test_key(9);
  Validator observer(*stand.executor, stranger, Timeouts{}, stand.start);
  observer.start();
  EXPECT_FALSE(observer.index());
  const Proposal offer = stand.fresh(0);
  EXPECT_TRUE(votes_in(observer.receive(offer, 1)).empty());
  EXPECT_TRUE(votes_in(observer.expire({Timer::propose, 1, 0, 0})).empty());
  Output out;
  for (const std::uint32_t voter : {1U, 2U, 3U}) {
    observer.receive(stand.vote(Step::prevote, 0, hash_of(offer), voter), voter);
    out = observer.receive(stand.vote(Step::precommit, 0, hash_of(offer), voter), voter);
    EXPECT_TRUE(votes_in(out).empty());
    EXPECT_FALSE(out.record_changed);
  }
  EXPECT_EQ(out.commits.size(), 1U);
}

}  // namespace
}  // namespace gridtally::consensus
