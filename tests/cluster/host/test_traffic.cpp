// The closed forms of src/cluster/README.md beside the letters themselves.
#include <gtest/gtest.h>

#include "../../ledger/tiny_market.hpp"
#include "cluster/letter.hpp"
#include "cluster/traffic_model.hpp"

namespace gridtally::cluster {
namespace {

constexpr std::uint32_t validators = 4;

// All blocks of the tiny market, which trades, settles and pays.
struct Blocks {
  explicit Blocks(std::uint32_t meters) : market(validators, meters) {
    auto state = ledger::initial_state(market.genesis);
    ledger::Tip tip(state.run_id);
    for (std::uint64_t i = 0; i < ledger::tiny_blocks; ++i) {
      all.push_back(std::make_shared<const ledger::CommittedBlock>(market.commit(state, tip)));
    }
  }
  ledger::TinyMarket market;
  std::vector<ledger::Committed> all;
};

std::uint64_t rows_of(const ledger::Genesis& genesis, const ledger::SignedTransaction& signed_one) {
  std::uint64_t bytes = 0;
  for (const auto& row : signed_one.content().decisions) {
    bytes += letter_size::decision(genesis.terms.decision_size(row.prosumer));
  }
  const auto slots = static_cast<std::uint64_t>(genesis.terms.slots);
  return bytes + signed_one.content().acceptances.size() * letter_size::acceptance(slots);
}

TEST(LetterSize, IsThatOfEveryLetterOfARun) {
  for (const std::uint32_t meters : {1U, 2U}) {
    const Blocks blocks(meters);
    for (const auto& committed : blocks.all) {
      const auto& block = committed->block;
      std::uint64_t rows = 0;
      for (const auto& transaction : block.transactions) {
        const auto own = rows_of(blocks.market.genesis, transaction);
        const auto bytes = letter(Subject::transaction, encode(transaction));
        EXPECT_EQ(letter_size::transaction(own), bytes->size());
        EXPECT_EQ(kind_of(*bytes), LetterKind::transaction);
        rows += own;
      }
      const auto size = letter_size::block(block.transactions.size(), rows, block.payments.size());
      const auto whole = letter(ledger::Message(committed));
      EXPECT_EQ(letter_size::committed(size, committed->certificate.precommits.size()),
                whole->size());
      EXPECT_EQ(kind_of(*whole), LetterKind::block);
      ledger::Proposal proposal;
      proposal.block = std::make_shared<const ledger::Block>(block);
      const auto offered = letter(ledger::Message(proposal));
      EXPECT_EQ(letter_size::proposal(size), offered->size());
      EXPECT_EQ(kind_of(*offered), LetterKind::proposal);
    }
  }
}

TEST(LetterSize, OfVotesAndAcknowledgements) {
  const auto vote = letter(ledger::Message(ledger::Vote{}));
  EXPECT_EQ(letter_size::vote, vote->size());
  EXPECT_EQ(kind_of(*vote), LetterKind::vote);
  const auto acknowledged = acknowledgement(12);
  EXPECT_EQ(letter_size::acknowledgement, acknowledged->size());
  EXPECT_EQ(kind_of(*acknowledged), LetterKind::acknowledgement);
}

TEST(LetterKindOf, WhatNoIterationNeedsIsAnother) {
  EXPECT_EQ(kind_of({}), LetterKind::other);
  EXPECT_EQ(kind_of(ledger::Bytes{0}), LetterKind::other);
  EXPECT_EQ(kind_of(ledger::Bytes{0, 9}), LetterKind::other);
  EXPECT_EQ(kind_of(ledger::Bytes{77}), LetterKind::other);
  EXPECT_EQ(kind_of(*letter_in_words(Subject::stop, "SIGTERM")), LetterKind::other);
  EXPECT_EQ(kind_of(*letter(ledger::Message(ledger::Request{3}))), LetterKind::other);
}

std::vector<Traffic> modelled(const Blocks& blocks, const Layout& layout) {
  std::vector<Traffic> all;
  for (int rank = 0; rank < layout.ranks(); ++rank) {
    TrafficModel model(blocks.market.genesis, layout, rank);
    for (const auto& committed : blocks.all) model.add(*committed);
    all.push_back(model.traffic());
  }
  return all;
}

TEST(TrafficModel, WhatIsSentIsReceived) {
  const Blocks blocks(2);
  for (int ranks = 1; ranks <= 6; ++ranks) {
    const Layout layout(ranks, 2, validators);
    for (std::size_t kind = 0; kind < letter_kinds; ++kind) {
      Flow sent;
      Flow received;
      for (const auto& traffic : modelled(blocks, layout)) {
        sent += traffic.sent[kind];
        received += traffic.received[kind];
      }
      EXPECT_EQ(sent, received) << ranks << " ranks, " << name(static_cast<LetterKind>(kind));
    }
  }
}

// 4 ranks of one validator each, 2 of one meter: counted by hand, for 7 blocks.
TEST(TrafficModel, CountsLettersOfEveryRole) {
  const Blocks blocks(2);
  const Layout layout(6, 2, validators);
  ASSERT_EQ(layout.validator_ranks(), 4);
  auto all = modelled(blocks, layout);
  constexpr std::uint64_t made = ledger::tiny_blocks;
  EXPECT_EQ(all[4].sent_of(LetterKind::transaction).letters, made * 4);
  EXPECT_EQ(all[4].received_of(LetterKind::block).letters, made);
  EXPECT_EQ(all[1].received_of(LetterKind::transaction).letters, made * 2);
  EXPECT_EQ(all[1].sent_of(LetterKind::vote).letters, made * 2 * 3);
  EXPECT_EQ(all[0].sent_of(LetterKind::block).letters, made);
  EXPECT_EQ(all[2].sent_of(LetterKind::block).letters, 0U);
  EXPECT_EQ(all[0].sent_of(LetterKind::acknowledgement).letters, made * 5);
  std::uint64_t proposals = 0;
  for (auto& traffic : all) proposals += traffic.sent_of(LetterKind::proposal).letters;
  EXPECT_EQ(proposals, made * 3);
}

TEST(TrafficModel, OneRankWritesNoLetters) {
  const Blocks blocks(2);
  EXPECT_EQ(modelled(blocks, Layout(1, 2, validators)).front(), Traffic{});
}

TEST(Traffic, ComesBackFromItsBytes) {
  Traffic traffic;
  traffic.sent_of(LetterKind::vote).add(3, 149);
  traffic.received_of(LetterKind::block).add(1, 4000);
  EXPECT_EQ(decode_traffic(encode(traffic)), traffic);
  EXPECT_EQ(traffic.all_sent(), (Flow{3, 447}));
  EXPECT_EQ(traffic.all_received(), (Flow{1, 4000}));
}

}  // namespace
}  // namespace gridtally::cluster
