#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "consensus/stand.hpp"

namespace gridtally::consensus {
namespace {

using ledger::Digest;
using ledger::Proposal;
using ledger::Step;

/// Validator 1 after it offered a block, prevoted and precommitted it: a record with everything.
ledger::Bytes full_record(Stand& stand) {
  const Output out = stand.validator->propose(stand.market.transactions(stand.start->state), {});
  stand.give_votes(Step::prevote, 0, hash_of(offers_in(out).at(0)), {2, 3});
  return stand.validator->record();
}

TEST(Record, RoundTripsAndEveryChangedBitIsFound) {
  Stand stand(1);
  const ledger::Bytes bytes = full_record(stand);
  const Record record = decode_record(bytes);
  EXPECT_EQ(encode(record), bytes);
  EXPECT_TRUE(record.offer && record.prevote && record.precommit && record.lock && record.valid);
  for (std::size_t i = 0; i < bytes.size(); i += i < 200 ? 1 : 7) {
    ledger::Bytes bad = bytes;
    bad[i] ^= 4;
    EXPECT_THROW(decode_record(bad), FormatError) << i;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{31}, bytes.size() - 1}) {
    EXPECT_THROW(decode_record(ledger::ByteView(bytes).first(size)), FormatError) << size;
  }
}

TEST(Record, AnotherRunOrKeyRefused) {
  Stand stand(1);
  const ledger::Bytes bytes = full_record(stand);
  stand.me = 2;
  EXPECT_THROW(stand.restart(bytes), FormatError);
  Stand other(1, 5);
  EXPECT_THROW(other.restart(bytes), FormatError);
}

TEST(Record, KilledBetweenSigningAndSendingSaysTheSameAgain) {
  Stand stand(1);
  const ledger::Bytes record = full_record(stand);
  const Record said = decode_record(record);
  const Output out = stand.restart(record);
  EXPECT_FALSE(out.record_changed);
  ASSERT_EQ(offers_in(out).size(), 1U);
  EXPECT_EQ(offers_in(out)[0].offer, said.offer->offer);
  ASSERT_EQ(votes_in(out).size(), 2U);
  EXPECT_EQ(votes_in(out)[0], said.prevote);
  EXPECT_EQ(votes_in(out)[1], said.precommit);
  EXPECT_FALSE(stand.validator->may_propose());
  EXPECT_EQ(stand.validator->record(), record);
}

// The precommit leaves with the call in which its height is decided: the record must hold it, and
// not the height after it, which binds to nothing yet.
TEST(Record, HoldsTheWordThatDecidedItsHeight) {
  Stand stand(0);
  const Proposal first = stand.fresh(0);
  stand.give(first);
  stand.give_votes(Step::precommit, 0, hash_of(first), {1, 2});
  const Output out = stand.give_votes(Step::prevote, 0, hash_of(first), {1, 2});
  ASSERT_EQ(out.commits.size(), 1U);
  EXPECT_TRUE(out.record_changed);
  const Record memory = stand.validator->memory();  // restart ends the validator
  EXPECT_EQ(memory.height, 1U);
  ASSERT_TRUE(memory.precommit);
  EXPECT_EQ(memory.precommit->block_hash, hash_of(first));
  const auto again = votes_in(stand.restart(stand.validator->record()));
  EXPECT_NE(std::find(again.begin(), again.end(), *memory.precommit), again.end());
}

TEST(Record, NeverASecondSignatureForAStep) {
  Stand stand(0);
  stand.expire(Timer::propose);  // prevotes nil
  const ledger::Bytes record = stand.validator->record();
  stand.restart(record);
  EXPECT_TRUE(votes_in(stand.give(stand.fresh(0))).empty());
  EXPECT_TRUE(votes_in(stand.expire(Timer::propose)).empty());
  EXPECT_TRUE(only_vote(stand.expire(Timer::prevote)).is_nil());
}

TEST(Record, LockSurvives) {
  Stand stand(0);
  const Proposal first = stand.fresh(0);
  stand.give(first);
  stand.give_votes(Step::prevote, 0, hash_of(first), {1, 2});
  stand.restart(stand.validator->record());
  stand.give_votes(Step::precommit, 1, {}, {1, 2});
  EXPECT_TRUE(only_vote(stand.give(stand.fresh(1, 1))).is_nil());
  // The valid block survives too: it is offered when the turn comes.
  EXPECT_EQ(offers_in(stand.give_votes(Step::precommit, 3, {}, {1, 2})).size(), 1U);
}

TEST(Record, OfAnOlderHeightIsVoid) {
  Stand stand(0);
  const Proposal first = stand.fresh(0);
  stand.give(first);
  const ledger::Bytes record = stand.validator->record();
  stand.give(std::make_shared<const ledger::CommittedBlock>(stand.committed(first, {1, 2, 3})));
  stand.start = stand.validator->position();
  const Output out = stand.restart(record);
  EXPECT_TRUE(votes_in(out).empty());
  EXPECT_EQ(decode_record(stand.validator->record()).height, 2U);
}

TEST(Record, OfALaterHeightKeepsSilentUntilThen) {
  Stand stand(2);  // due in round 0 of height 2
  const Proposal first = stand.fresh(0);
  const auto committed =
      std::make_shared<const ledger::CommittedBlock>(stand.committed(first, {0, 1, 3}));
  stand.give(committed);
  ASSERT_TRUE(stand.validator->may_propose());
  const auto& state = stand.validator->position()->state;
  stand.validator->propose(stand.market.transactions(state), {});
  const ledger::Bytes record = stand.validator->record();

  EXPECT_TRUE(votes_in(stand.restart(record)).empty());  // block 1 was not durable
  EXPECT_TRUE(votes_in(stand.give(first)).empty());
  EXPECT_TRUE(votes_in(stand.expire(Timer::propose)).empty());
  EXPECT_EQ(stand.validator->record(), record);
  const Output out = stand.give(committed);
  EXPECT_EQ(offers_in(out).size(), 1U);
  EXPECT_EQ(only_vote(out), decode_record(record).prevote);
  EXPECT_FALSE(stand.validator->may_propose());
}

TEST(Record, AlarmSaysEverythingAgain) {
  Stand stand(1);
  full_record(stand);
  const Output out = stand.expire(Timer::resend);
  EXPECT_TRUE(sets(out, Timer::resend));
  ASSERT_EQ(out.envelopes.size(), 4U);
  EXPECT_EQ(std::get<ledger::Request>(out.envelopes[0].message).height, 1U);
  EXPECT_EQ(offers_in(out).size(), 1U);
  EXPECT_EQ(votes_in(out).size(), 2U);
}

TEST(Record, AlarmShowsTheQuorumOfAnEarlierRound) {
  Stand stand(0);
  const Proposal first = stand.fresh(0);
  stand.give(first);
  stand.give_votes(Step::prevote, 0, hash_of(first), {1, 2});
  stand.give_votes(Step::precommit, 1, {}, {1, 2});
  Stand other(3);
  other.give_votes(Step::precommit, 1, {}, {1, 2});
  for (const Envelope& envelope : stand.expire(Timer::resend).envelopes) {
    other.give(envelope.message, 0);
  }
  const auto valid = decode_record(other.validator->record()).valid;
  ASSERT_TRUE(valid);
  EXPECT_EQ(valid->hash(), hash_of(first));
  EXPECT_EQ(valid->round, 0U);
}

}  // namespace
}  // namespace gridtally::consensus
