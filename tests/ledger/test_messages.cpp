#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "base/error.hpp"
#include "ledger/evidence.hpp"
#include "ledger/messages.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

/// A block that settles a day, with a ballot: it holds some of everything.
CommittedBlock full_block() {
  TinyMarket market(4);
  ContractState state = initial_state(market.genesis);
  Tip tip(state.run_id);
  market.commit(state, tip);
  market.commit(state, tip);
  return market.commit(state, tip, {market.ballot(2, test_key(7).public_key(), true)});
}

Offer offer_of(const CommittedBlock& committed, std::optional<std::uint32_t> valid_round) {
  const Header& header = committed.block.header;
  return sign_offer({header.run_id,
                     header.turn.height,
                     2,
                     valid_round,
                     committed.certificate.block_hash,
                     header.proposer,
                     {}},
                    test_key(2, 3));
}

struct Sample {
  std::string name;
  Message message;
};

std::vector<Sample> samples() {
  const CommittedBlock committed = full_block();
  const auto block = std::make_shared<const Block>(committed.block);
  const Vote vote = sign_vote({Step::precommit, Digest{1}, 3, 1, Digest{5}, 2, {}}, test_key(2, 2));
  Vote nil = vote;
  nil.block_hash = {};
  return {
      {"proposal", Proposal{offer_of(committed, {}), {}, block}},
      {"proposal again", Proposal{offer_of(committed, 1), committed.certificate.precommits, block}},
      {"vote", vote},
      {"nil vote", nil},
      {"request", Request{77}},
      {"committed block", std::make_shared<const CommittedBlock>(committed)}};
}

TEST(Messages, EveryKindRoundTrips) {
  for (const auto& [name, message] : samples()) {
    const Bytes bytes = encode(message);
    const Message again = decode_message(bytes);
    EXPECT_EQ(again.index(), message.index()) << name;
    EXPECT_EQ(encode(again), bytes) << name;
    EXPECT_EQ(height_of(again), height_of(message)) << name;
  }
  const CommittedBlock committed = full_block();
  ASSERT_EQ(committed.block.ballots.size(), 1U);
  ASSERT_EQ(committed.block.payments.size(), 1U);
  const Message message = samples()[1].message;
  const auto proposal = std::get<Proposal>(decode_message(encode(message)));
  EXPECT_EQ(proposal.offer, offer_of(committed, 1));
  EXPECT_EQ(proposal.prevotes, committed.certificate.precommits);
  EXPECT_EQ(*proposal.block, committed.block);
}

TEST(Messages, OfAnUnknownKindOrWithoutBytesAreRefused) {
  EXPECT_THROW(decode_message(Bytes{}), FormatError);
  for (int kind = 4; kind < 256; ++kind) {
    EXPECT_THROW(decode_message(Bytes{static_cast<std::uint8_t>(kind), 0, 0}), FormatError);
  }
}

TEST(Messages, EveryTruncationAndAnExtraByteRefused) {
  for (const auto& [name, message] : samples()) {
    Bytes bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_THROW(decode_message(ByteView(bytes).first(size)), FormatError) << name << " " << size;
    }
    bytes.push_back(0);
    EXPECT_THROW(decode_message(bytes), FormatError) << name;
  }
}

TEST(Offer, WithoutAValidRoundItsNumberIsZero) {
  Bytes bytes = encode(offer_of(full_block(), {}));
  const std::size_t flag = 2 + 32 + 8 + 4;
  ASSERT_EQ(bytes[flag], 0U);
  bytes[flag + 1] = 1;
  EXPECT_THROW(decode_offer(bytes), FormatError);
  bytes[flag] = 1;
  EXPECT_EQ(decode_offer(bytes).valid_round, 1U);
}

TEST(Offer, SignatureCoversEveryOtherByte) {
  const Bytes good = encode(offer_of(full_block(), 1));
  EXPECT_EQ(decode_offer(good), offer_of(full_block(), 1));
  const PublicKey key = test_key(2, 3).public_key();
  Verifier verifier;
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x01U;
    try {
      const Offer offer = decode_offer(bad);
      EXPECT_FALSE(verifier.verify(key, signed_bytes(offer), offer.signature)) << i;
    } catch (const FormatError&) {
    }
  }
}

/// Changes some bytes, or the length; what is still read must be written as it was read.
void fuzz(const std::string& name, const Bytes& good, std::uint64_t seed, int rounds,
          const std::function<Bytes(ByteView)>& again) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < rounds; ++i) {
    Bytes bad = good;
    for (std::uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      const std::uint8_t odd[] = {0x00, 0x01, 0xFF, static_cast<std::uint8_t>(random())};
      bad[random() % bad.size()] = odd[random() % 4];
    }
    if (random() % 8 == 0) bad.resize(random() % (bad.size() + 8));
    try {
      ASSERT_EQ(again(bad), bad) << name << " " << i;
    } catch (const FormatError&) {
    }
  }
}

TEST(Messages, NoiseIsRefusedOrRoundTrips) {
  std::uint64_t seed = 1;
  for (const auto& [name, message] : samples()) {
    fuzz(name, encode(message), ++seed, 3000,
         [](ByteView bytes) { return encode(decode_message(bytes)); });
  }
}

TEST(Formats, NoiseIsRefusedOrRoundTrips) {
  const CommittedBlock committed = full_block();
  const Vote vote = std::get<Vote>(samples()[2].message);
  Vote other = vote;
  other.block_hash[0] ^= 1U;
  fuzz("header", encode(committed.block.header), 11, 5000,
       [](ByteView bytes) { return encode(decode_header(bytes)); });
  fuzz("ballot", encode(committed.block.ballots[0]), 12, 5000,
       [](ByteView bytes) { return encode(decode_ballot(bytes)); });
  fuzz("certificate", encode(committed.certificate), 13, 5000,
       [](ByteView bytes) { return encode(decode_certificate(bytes)); });
  fuzz("evidence", encode(two_votes(vote, other)), 14, 5000,
       [](ByteView bytes) { return encode(decode_evidence(bytes)); });
  fuzz("offer", encode(offer_of(committed, 1)), 15, 5000,
       [](ByteView bytes) { return encode(decode_offer(bytes)); });
}

TEST(Formats, SizesThatThePageStates) {
  const CommittedBlock committed = full_block();
  EXPECT_EQ(encode(committed.block.header).size(), 197U);
  EXPECT_EQ(encode(committed.block.ballots[0]).size(), 151U);
  EXPECT_EQ(encode(committed.block.payments[0]).size(), 16U);
}

}  // namespace
}  // namespace gridtally::ledger
