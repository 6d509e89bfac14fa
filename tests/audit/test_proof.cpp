#include <gtest/gtest.h>

#include "audit/forgery.hpp"
#include "base/error.hpp"
#include "ledger/proof.hpp"

namespace gridtally::ledger {
namespace {

using audit::testing::make_small_run;
using audit::testing::SmallRun;
using audit::testing::SmallRunOptions;
using Question = Proof::Question;

/// A run with the state after each block.
struct Told {
  explicit Told(const SmallRunOptions& options = {}) : run(make_small_run(options)) {
    ContractState state = initial_state(run.genesis);
    Tip tip(state.run_id);
    hashes.push_back(tip.head);
    for (const auto& committed : run.blocks) {
      EXPECT_FALSE(check_execution(run.genesis, committed.block, tip, state));
      hashes.push_back(tip.head);
      states.push_back(state);
    }
  }

  [[nodiscard]] Proof prove(std::uint64_t height, std::uint32_t prosumer, Question question,
                            std::uint32_t partner = 0) const {
    return make_proof({run.genesis, run.blocks[height - 1].block.header, states[height - 1], hashes,
                       run.blocks.back(), states.back()},
                      prosumer, question, partner);
  }
  [[nodiscard]] const Digest& head() const { return hashes.back(); }

  SmallRun run;
  std::vector<ContractState> states;  ///< after heights 1, 2, …
  std::vector<Digest> hashes;
};

std::vector<Proof> one_of_each(const Told& told) {
  return {told.prove(told.run.day_end(0), 1, Question::day),
          told.prove(told.run.day_end(0), 1, Question::trade, 2),
          told.prove(5, 0, Question::iterate), told.prove(told.run.day_end(1), 2, Question::day)};
}

Bytes with_new_checksum(const Bytes& bytes) {
  ByteWriter writer;
  writer.raw(ByteView(bytes).first(bytes.size() - 32));
  return writer.raw(sha256(writer.bytes())).take();
}

/// "": the bytes prove something for `head`.
std::string refusal(const Bytes& bytes, const Digest& head) {
  try {
    return fault_of_proof(decode_proof(bytes), head).value_or("");
  } catch (const FormatError& error) {
    return error.what();
  }
}

TEST(Proof, ShowsADayATradeAndAnIterate) {
  const Told told;
  const auto& state = told.run.day_ends[0];
  for (const auto& proof : one_of_each(told)) {
    const Bytes bytes = encode(proof);
    EXPECT_EQ(refusal(bytes, told.head()), "");
    EXPECT_EQ(encode(decode_proof(bytes)), bytes);
    EXPECT_LT(bytes.size(), 4096U);
  }
  const auto leaf = read_prosumer_leaf(one_of_each(told)[0].state.leaf);
  EXPECT_EQ(leaf.bill, state.bills[1]);
  EXPECT_EQ(leaf.balance, state.balances[1]);
  EXPECT_EQ(leaf.partners, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(leaf.net_trades,
            std::vector<double>(state.net_trades.begin() + 6, state.net_trades.begin() + 12));
}

TEST(Proof, ReadsEveryLeafBack) {
  for (const auto form : {market::Form::collapsed, market::Form::pairwise}) {
    SmallRunOptions options;
    options.form = form;
    options.staleness = form == market::Form::pairwise ? 2 : 0;
    options.max_iterations = 40;
    const Told told(options);
    const auto& terms = told.run.genesis.terms;
    for (const auto& state : told.states) {
      const auto globals = read_globals_leaf(state_leaf(told.run.genesis, state, 0));
      EXPECT_EQ(globals.membership, state.membership);
      EXPECT_EQ(globals.turn, state.turn);
      EXPECT_EQ(globals.prosumers, 3U);
      for (std::uint32_t u = 0; u < 3; ++u) {
        const Bytes bytes = state_leaf(told.run.genesis, state, u + 1);
        const auto leaf = read_prosumer_leaf(bytes);
        EXPECT_EQ(leaf.prosumer, u);
        EXPECT_EQ(leaf.phase, state.turn.phase);
        EXPECT_EQ(leaf.balance, state.balances[u]);
        if (leaf.phase == Phase::trading) {
          const auto at =
              state.iterate.second.begin() + static_cast<std::ptrdiff_t>(terms.decision_offset(u));
          EXPECT_TRUE(std::equal(leaf.second.begin(), leaf.second.end(), at));
          EXPECT_EQ(leaf.second.size(), terms.decision_size(u));
        }
        for (const std::size_t size : {std::size_t{0}, std::size_t{20}, bytes.size() - 1}) {
          EXPECT_THROW(read_prosumer_leaf(ByteView(bytes).first(size)), FormatError);
        }
        Bytes longer = bytes;
        longer.push_back(0);
        EXPECT_THROW(read_prosumer_leaf(longer), FormatError);
      }
    }
  }
}

TEST(Proof, AnyByteChangedIsFound) {
  const Told told;
  for (const auto& proof : one_of_each(told)) {
    const Bytes bytes = encode(proof);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      Bytes changed = bytes;
      changed[at] ^= 0x10U;
      EXPECT_NE(refusal(changed, told.head()), "") << "byte " << at;
    }
  }
}

// The checksum is anyone's to compute: what it covers must hold without it.
TEST(Proof, AnyByteForgedIsFound) {
  const Told told;
  const std::size_t question = std::string("gridtally-proof").size() + 2;
  for (const auto& proof : one_of_each(told)) {
    const Bytes bytes = encode(proof);
    for (std::size_t at = 0; at < bytes.size() - 32; ++at) {
      if (at >= question && at < question + 5) continue;  // another question, truly answered
      for (const unsigned mask : {0x01U, 0x80U}) {
        Bytes changed = bytes;
        changed[at] ^= static_cast<std::uint8_t>(mask);
        EXPECT_NE(refusal(with_new_checksum(changed), told.head()), "") << "byte " << at;
      }
    }
  }
}

TEST(Proof, AnotherQuestionIsAnsweredOnlyWhereTheLeafDoes) {
  const Told told;
  auto proof = told.prove(told.run.day_end(0), 1, Question::day);
  proof.question = Question::iterate;
  EXPECT_NE(fault_of_proof(proof, told.head()), std::nullopt);
  proof.question = Question::trade;
  proof.partner = 1;
  EXPECT_EQ(fault_of_proof(proof, told.head()), "prosumer 1 is no partner of prosumer 1");
  proof.partner = 7;
  EXPECT_EQ(fault_of_proof(proof, told.head()), "prosumer 7 is no partner of prosumer 1");
  EXPECT_THROW((void)told.prove(5, 0, Question::day), InputError);
  EXPECT_THROW((void)told.prove(told.run.day_end(0), 0, Question::iterate), InputError);
  EXPECT_THROW((void)told.prove(told.run.day_end(0), 0, Question::trade, 0), InputError);
}

TEST(Proof, OtherHeadsAndOtherRunsAreRefused) {
  const Told told;
  SmallRunOptions options;
  options.graph = market::PartnerGraph::from_pairs(3, std::vector<market::Arc>{{0, 1}, {1, 2}});
  const Told other(options);
  const auto proof = told.prove(told.run.day_end(0), 1, Question::day);
  EXPECT_NE(fault_of_proof(proof, told.hashes[told.hashes.size() - 2]), std::nullopt);
  EXPECT_NE(fault_of_proof(proof, other.head()), std::nullopt);
  auto mixed = proof;
  mixed.state = other.prove(other.run.day_end(0), 1, Question::day).state;
  EXPECT_EQ(fault_of_proof(mixed, told.head()),
            "the leaf of prosumer 1 is not in the state after block " +
                std::to_string(told.run.day_end(0)));
  mixed = proof;
  mixed.header = told.run.blocks[told.run.day_end(0)].block.header;
  EXPECT_NE(fault_of_proof(mixed, told.head())->find("is not in the history"), std::string::npos);
}

TEST(Proof, PathsThatAreTooLongAndTrailingBytesAreRefused) {
  const Told told;
  const auto proof = told.prove(told.run.day_end(0), 1, Question::day);
  for (auto path : {&Proof::history_path, &Proof::validators_path}) {
    auto longer = proof;
    (longer.*path).emplace_back();
    EXPECT_NE(fault_of_proof(longer, told.head()), std::nullopt);
  }
  auto longer = proof;
  longer.state.path.emplace_back();
  EXPECT_NE(fault_of_proof(longer, told.head()), std::nullopt);
  auto at_head = told.prove(told.run.day_end(1), 1, Question::day);
  EXPECT_TRUE(at_head.history_path.empty());
  at_head.history_path.emplace_back();
  EXPECT_NE(fault_of_proof(at_head, told.head()), std::nullopt);
  Bytes bytes = encode(proof);
  bytes.push_back(0);
  EXPECT_NE(refusal(with_new_checksum(bytes), told.head()), "");
}

TEST(Proof, VotesOfStrangersAreRefused) {
  const Told told;
  const auto proof = told.prove(5, 0, Question::iterate);
  auto none = proof;
  none.certificate.precommits.clear();
  EXPECT_EQ(fault_of_proof(none, told.head()), "its votes are not for the head");
  auto doubled = proof;
  doubled.certificate.precommits[1] = doubled.certificate.precommits[0];
  EXPECT_NE(fault_of_proof(doubled, told.head()), std::nullopt);
  auto stranger = proof;
  stranger.certificate.precommits.back().validator = 4;
  EXPECT_EQ(fault_of_proof(stranger, told.head()), "the vote of validator 4 for the head is bad");
}

}  // namespace
}  // namespace gridtally::ledger
