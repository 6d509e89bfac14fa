#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/error.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

Ballot sample() {
  Ballot ballot;
  ballot.run_id = Digest{7};
  ballot.voter = 3;
  ballot.candidate = test_key(5).public_key();
  ballot.add = false;
  ballot.not_before = 12;
  ballot.nonce = 4;
  return sign_ballot(ballot, test_key(2, 3));
}

TEST(Ballot, RoundTripAndNothingElse) {
  const Bytes good = encode(sample());
  EXPECT_EQ(good.size(), 151U);
  EXPECT_EQ(decode_ballot(good), sample());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_THROW(decode_ballot(ByteView(good).first(size)), FormatError) << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_THROW(decode_ballot(longer), FormatError);
}

TEST(Ballot, SignatureCoversEveryOtherByte) {
  const Bytes good = encode(sample());
  Verifier verifier;
  const PublicKey key = test_key(2, 3).public_key();
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x01U;
    try {
      const Ballot ballot = decode_ballot(bad);
      EXPECT_FALSE(verifier.verify(key, signed_bytes(ballot), ballot.signature)) << i;
    } catch (const FormatError&) {
    }
  }
}

/// Four validators; ballots about a fifth key, or about validator 3.
class BallotTest : public testing::Test {
 protected:
  BallotTest() : market_(4), state_(initial_state(market_.genesis)), tip_(state_.run_id) {}

  /// What an auditor says of the next block, made with these ballots; advances when it is good.
  std::string fault_with(std::vector<Ballot> ballots) {
    ContractState state = state_;
    Tip tip = tip_;
    const CommittedBlock committed = market_.commit(state, tip, std::move(ballots));
    const auto fault = check_block(market_.genesis, committed, tip_, state_, verifier_);
    return fault ? fault->what : "";
  }

  /// A fifth validator whose key the market holds.
  PublicKey newcomer() {
    market_.validator_keys.push_back(test_key(2, 4));
    return market_.validator_keys.back().public_key();
  }

  TinyMarket market_;
  ContractState state_;
  Tip tip_;
  Verifier verifier_;
};

TEST_F(BallotTest, ThreeOfFourLetANewcomerInFromTheNextHeight) {
  const PublicKey key = newcomer();
  EXPECT_EQ(fault_with({market_.ballot(0, key, true), market_.ballot(2, key, true)}), "");
  EXPECT_EQ(state_.membership.active().size(), 4U);
  EXPECT_EQ(fault_with({market_.ballot(3, key, true)}), "");
  EXPECT_EQ(state_.membership.active().size(), 5U);
  EXPECT_EQ(state_.ballot_nonces, (std::vector<std::uint64_t>{1, 0, 1, 1, 0}));
  // Heights 3 and 4 are those of validators 3 and 4 of five.
  EXPECT_EQ(fault_with({}), "");
  EXPECT_EQ(state_.membership.proposer(4, 0), 4U);
  EXPECT_EQ(fault_with({}), "");
}

TEST_F(BallotTest, WhoIsPutOutNeitherProposesNorSigns) {
  const PublicKey key = market_.genesis.validators[3];
  EXPECT_EQ(fault_with({}), "");
  EXPECT_EQ(fault_with({market_.ballot(0, key, false), market_.ballot(1, key, false),
                        market_.ballot(2, key, false)}),
            "");
  EXPECT_FALSE(state_.membership.is_active(3));
  ContractState state = state_;
  Tip tip = tip_;
  CommittedBlock committed = market_.commit(state, tip);
  EXPECT_NE(committed.block.header.proposer, 3U);
  Certificate& certificate = committed.certificate;
  ASSERT_EQ(certificate.precommits.size(), 3U);
  const Vote vote{Step::precommit,
                  state_.run_id,
                  committed.block.header.turn.height,
                  0,
                  certificate.block_hash,
                  3,
                  {}};
  certificate.precommits.back() = {3, sign_vote(vote, market_.validator_keys[3]).signature};
  const auto fault = check_block(market_.genesis, committed, tip_, state_, verifier_);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->what, "certificate's validator");
}

TEST_F(BallotTest, EachWrongBallotIsNamed) {
  const PublicKey key = newcomer();
  const Ballot good = market_.ballot(1, key, true);
  EXPECT_EQ(fault_with({good}), "");
  using Spoil = std::function<void(Ballot&)>;
  const std::vector<std::pair<std::string, Spoil>> faults{
      {"ballot's run id", [](Ballot& b) { b.run_id[0] ^= 1U; }},
      {"ballot's nonce of validator 1", [](Ballot& b) { b.nonce = 1; }},
      {"ballot of validator 1", [](Ballot& b) { b.not_before = 3; }},
      {"ballot's signature", [](Ballot& b) { b.voter = 2; }},
  };
  for (const auto& [what, spoil] : faults) {
    Ballot ballot = good;
    ballot.nonce = 2;
    spoil(ballot);
    ballot = sign_ballot(ballot, market_.validator_keys[1]);
    EXPECT_EQ(fault_with({ballot}), what);
  }
  const Ballot first = market_.ballot(0, key, true);
  EXPECT_EQ(fault_with({market_.ballot(2, key, true), first}), "order of ballots");
  EXPECT_EQ(fault_with({first, market_.ballot(0, key, true, 2)}), "order of ballots");
}

TEST_F(BallotTest, BallotOfNobodyIsNamed) {
  ContractState state = state_;
  Block block = market_.commit(state, tip_).block;
  Ballot ballot = market_.ballot(1, newcomer(), true);
  ballot.voter = 9;
  block.ballots.push_back(sign_ballot(ballot, market_.validator_keys[1]));
  const auto fault =
      check_form(market_.genesis, state_.run_id, state_.membership, block, verifier_);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->what, "ballot's signature");
}

TEST_F(BallotTest, BallotOfOneWhoWasPutOutIsNamed) {
  const PublicKey key = market_.genesis.validators[3];
  EXPECT_EQ(fault_with({}), "");
  EXPECT_EQ(fault_with({market_.ballot(0, key, false), market_.ballot(1, key, false),
                        market_.ballot(2, key, false)}),
            "");
  EXPECT_EQ(fault_with({market_.ballot(3, key, true)}), "ballot's voter");
}

TEST_F(BallotTest, DueOnesAreNewOfMembersOneAVoterInOrder) {
  const PublicKey key = newcomer();
  Ballot later = market_.ballot(0, key, true, 5);
  later.not_before = 2;
  Ballot stranger = market_.ballot(0, key, true);
  stranger.voter = 4;
  const Ballot second = market_.ballot(2, key, true, 2);
  const Ballot first = market_.ballot(2, key, false, 1);
  const Ballot other = market_.ballot(1, key, true);
  EXPECT_EQ(due_ballots(state_, {second, later, first, stranger, other, other}),
            (std::vector<Ballot>{other, first}));
  EXPECT_EQ(fault_with({other, first}), "");
  EXPECT_EQ(due_ballots(state_, {second, later, first, other}),
            (std::vector<Ballot>{later, second}));
}

TEST_F(BallotTest, NoBlockFollowsTheLastValidatorsDeparture) {
  market_ = TinyMarket(1);
  state_ = initial_state(market_.genesis);
  tip_ = Tip(state_.run_id);
  const ContractState before = state_;
  const Tip start = tip_;
  EXPECT_EQ(fault_with({market_.ballot(0, market_.genesis.validators[0], false)}), "");
  ASSERT_TRUE(state_.membership.active().empty());
  // A chain that went on all the same, as if the ballot had never been.
  ContractState other = before;
  Tip other_tip = start;
  market_.commit(other, other_tip);
  CommittedBlock next = market_.commit(other, other_tip);
  next.certificate.precommits.clear();
  const auto fault = check_block(market_.genesis, next, tip_, state_, verifier_);
  ASSERT_TRUE(fault);
  EXPECT_EQ(describe(*fault),
            "height 2, day 0: members: expected at least one validator, found "
            "none: the last was voted out");
  next.block.header.parent = tip_.head;
  next.block.header.history = tip_.history.root();
  const auto place = check_place(market_.genesis, tip_, state_, next.block);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->what, "members");
}

TEST_F(BallotTest, RootCoversMembersVotesAndNonces) {
  const PublicKey key = newcomer();
  const Digest plain =
      state_root(market_.genesis, market_.after(state_, market_.transactions(state_)));
  const auto voted =
      market_.after(state_, market_.transactions(state_), {market_.ballot(0, key, true)});
  EXPECT_NE(state_root(market_.genesis, voted), plain);
  ContractState other = voted;
  other.ballot_nonces[0] = 2;
  EXPECT_NE(state_root(market_.genesis, other), state_root(market_.genesis, voted));
}

}  // namespace
}  // namespace gridtally::ledger
