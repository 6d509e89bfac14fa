#include <gtest/gtest.h>

#include "consensus/stand.hpp"

namespace gridtally::consensus {
namespace {

using ledger::Digest;
using ledger::Evidence;
using ledger::EvidenceKind;
using ledger::Proposal;
using ledger::Step;

/// The only evidence in `output`, which must be of that kind, name `accused` and hold.
void expect_evidence(Stand& stand, const Output& output, EvidenceKind kind, std::uint32_t accused) {
  ASSERT_EQ(output.evidence.size(), 1U);
  const Evidence& evidence = output.evidence[0];
  EXPECT_EQ(evidence.kind, kind);
  EXPECT_EQ(evidence.accused, accused);
  const auto& state = stand.start->state;
  const auto fault = check_evidence(stand.market.genesis, state.run_id, state.membership, evidence,
                                    stand.verifier);
  EXPECT_FALSE(fault) << describe(*fault);
}

TEST(Evidence, TwoOffersInOneRound) {
  Stand stand(0);
  stand.give(stand.fresh(0, 1));
  const Output out = stand.give(stand.fresh(0, 2));
  expect_evidence(stand, out, EvidenceKind::two_offers, 1);
  EXPECT_TRUE(out.envelopes.empty());
  EXPECT_TRUE(stand.give(stand.fresh(0, 2)).evidence.empty());
  EXPECT_TRUE(stand.give(stand.fresh(0, 3)).evidence.empty());
}

TEST(Evidence, SecondOfferNeedsASignature) {
  Stand stand(0);
  stand.give(stand.fresh(0, 1));
  Proposal forged = stand.fresh(0, 2);
  forged.offer.signature.bytes[0] ^= 1;
  EXPECT_TRUE(stand.give(forged).evidence.empty());
}

TEST(Evidence, SecondOfferAfterTheCommit) {
  Stand stand(0);
  const Proposal first = stand.fresh(0, 1);
  stand.give(first);
  stand.give_votes(Step::prevote, 0, hash_of(first), {1, 2});
  stand.give_votes(Step::precommit, 0, hash_of(first), {1, 2});
  ASSERT_EQ(stand.validator->height(), 1U);
  expect_evidence(stand, stand.give(stand.fresh(0, 2)), EvidenceKind::two_offers, 1);
}

TEST(Evidence, TwoVotesInOneStep) {
  for (const Step step : {Step::prevote, Step::precommit}) {
    Stand stand(0);
    stand.give_votes(step, 0, Digest{1}, {2});
    expect_evidence(stand, stand.give_votes(step, 0, {}, {2}), EvidenceKind::two_votes, 2);
    EXPECT_TRUE(stand.give_votes(step, 0, Digest{3}, {2}).evidence.empty());
    const Step other = step == Step::prevote ? Step::precommit : Step::prevote;
    EXPECT_TRUE(stand.give_votes(other, 0, Digest{3}, {2}).evidence.empty());
  }
}

TEST(Evidence, TwoVotesAmongThoseKeptUnchecked) {
  Stand stand(0);
  const Proposal offer = stand.fresh(0);
  stand.give(offer);
  stand.give_votes(Step::prevote, 0, hash_of(offer), {1, 2});
  stand.give_votes(Step::prevote, 0, hash_of(offer), {3});
  expect_evidence(stand, stand.give_votes(Step::prevote, 0, {}, {3}), EvidenceKind::two_votes, 3);
}

TEST(Evidence, ForgedVoteAccusesNobodyAndHidesNothing) {
  Stand stand(0);
  const Proposal offer = stand.fresh(0);
  stand.give(offer);
  stand.give_votes(Step::prevote, 0, hash_of(offer), {1, 2});
  ledger::Vote forged = stand.vote(Step::prevote, 0, Digest{8}, 2);
  forged.validator = 3;  // kept unchecked: the quorum is there
  stand.give(forged);
  EXPECT_TRUE(stand.give_votes(Step::prevote, 0, hash_of(offer), {3}).evidence.empty());
  expect_evidence(stand, stand.give_votes(Step::prevote, 0, {}, {3}), EvidenceKind::two_votes, 3);
}

TEST(Evidence, StrayVoteIsToldByTheProposerWhoKnows) {
  Stand stand(1);
  const Output offered =
      stand.validator->propose(stand.market.transactions(stand.start->state), {});
  const Proposal offer = offers_in(offered).at(0);
  stand.give_votes(Step::prevote, 0, Digest{8}, {3});
  stand.give_votes(Step::prevote, 0, hash_of(offer), {0, 2});
  const Output out = stand.give_votes(Step::precommit, 0, hash_of(offer), {0, 2});
  ASSERT_EQ(out.commits.size(), 1U);
  expect_evidence(stand, out, EvidenceKind::stray_vote, 3);
  expect_evidence(stand, stand.give_votes(Step::precommit, 0, Digest{8}, {3}),
                  EvidenceKind::stray_vote, 3);
}

TEST(Evidence, VoterOfAnotherBlockIsShownTheOfferOnceAndNotAccused) {
  Stand stand(0);
  const Proposal offer = stand.fresh(0, 1);
  stand.give(offer);
  const Output out = stand.give_votes(Step::prevote, 0, hash_of(stand.fresh(0, 2)), {3});
  ASSERT_EQ(out.envelopes.size(), 1U);
  EXPECT_EQ(out.envelopes[0].to, 3U);
  EXPECT_EQ(hash_of(offers_in(out).at(0)), hash_of(offer));
  EXPECT_TRUE(out.evidence.empty());
  EXPECT_TRUE(
      stand.give_votes(Step::precommit, 0, hash_of(stand.fresh(0, 2)), {3}).envelopes.empty());
  stand.give_votes(Step::prevote, 0, hash_of(offer), {1, 2});
  const Output last = stand.give_votes(Step::precommit, 0, hash_of(offer), {1, 2});
  EXPECT_EQ(last.commits.size(), 1U);
  EXPECT_TRUE(last.evidence.empty());
}

}  // namespace
}  // namespace gridtally::consensus
