#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "base/error.hpp"
#include "ledger/tiny_market.hpp"
#include "ledger/validator.hpp"

namespace gridtally::ledger {
namespace {

/// Validators joined by queues, one for each sender and receiver; `present` take part.
class Network {
 public:
  Network(const TinyMarket& market, std::uint32_t present) : market_(market) {
    for (std::uint32_t v = 0; v < present; ++v) {
      validators_.emplace_back(market.genesis, v, market.validator_keys[v], verifier_);
    }
    queues_.resize(std::size_t{present} * present);
  }

  void send(std::uint32_t from, const std::vector<Message>& messages) {
    for (std::uint32_t to = 0; to < validators_.size(); ++to) {
      auto& queue = queues_[from * validators_.size() + to];
      if (to != from) queue.insert(queue.end(), messages.begin(), messages.end());
    }
  }

  /// Delivers in the order that `random` picks until nothing is under way.
  void deliver(std::mt19937& random) {
    std::vector<std::size_t> busy;
    while (busy = busy_queues(), !busy.empty()) {
      const std::size_t queue = busy[random() % busy.size()];
      const Message message = decode_message(encode(queues_[queue].front()));
      queues_[queue].pop_front();
      const auto to = static_cast<std::uint32_t>(queue % validators_.size());
      send(to, validators_[to].receive(message));
    }
  }

  /// The proposer of the next block proposes what the meters send; nothing when it is absent.
  void propose() {
    for (std::uint32_t v = 0; v < validators_.size(); ++v) {
      if (!validators_[v].is_proposer()) continue;
      return send(v, validators_[v].propose(market_.transactions(validators_[v].state())));
    }
  }

  Validator& operator[](std::size_t v) { return validators_[v]; }
  [[nodiscard]] std::size_t size() const { return validators_.size(); }
  [[nodiscard]] const Verifier& verifier() const { return verifier_; }

 private:
  [[nodiscard]] std::vector<std::size_t> busy_queues() const {
    std::vector<std::size_t> busy;
    for (std::size_t q = 0; q < queues_.size(); ++q) {
      if (!queues_[q].empty()) busy.push_back(q);
    }
    return busy;
  }

  const TinyMarket& market_;
  Verifier verifier_;
  std::deque<Validator> validators_;
  std::vector<std::deque<Message>> queues_;
};

/// The final head of a run with messages delivered in the order of `seed`.
Digest run(const TinyMarket& market, std::uint32_t present, unsigned seed) {
  Network network(market, present);
  std::mt19937 random(seed);
  ContractState audited = initial_state(market.genesis);
  Digest head = audited.run_id;
  Verifier verifier;
  while (!network[0].ended()) {
    network.propose();
    network.deliver(random);
    const auto committed = network[0].committed();
    if (!committed) return Digest{};
    const auto fault = check_block(market.genesis, head, audited, *committed, verifier);
    EXPECT_FALSE(fault) << describe(*fault);
    head = block_hash(committed->block.header);
    for (std::size_t v = 0; v < network.size(); ++v) EXPECT_EQ(network[v].head(), head) << v;
  }
  return head;
}

TEST(Validator, EveryCommitteeReachesTheEndOfTheRun) {
  for (const std::uint32_t validators : {1U, 2U, 3U, 4U, 7U}) {
    const TinyMarket market(validators);
    ContractState state = initial_state(market.genesis);
    Digest head = state.run_id;
    for (std::uint64_t h = 0; h < tiny_blocks; ++h) market.commit(state, head);
    EXPECT_EQ(run(market, validators, 1), head) << validators;
  }
}

TEST(Validator, ChainDoesNotDependOnTheOrderOfMessages) {
  const TinyMarket market(4);
  const Digest first = run(market, 4, 1);
  for (unsigned seed = 2; seed < 30; ++seed) EXPECT_EQ(run(market, 4, seed), first) << seed;
}

TEST(Validator, QuorumCommitsWithoutTheRestAndMinorityNever) {
  const TinyMarket market(4);
  std::mt19937 random(1);
  for (const std::uint32_t present : {2U, 3U}) {
    Network network(market, present);
    network.propose();
    network.deliver(random);
    EXPECT_EQ(network[1].height(), present == 3 ? 1U : 0U);
    EXPECT_EQ(network[1].committed().has_value(), present == 3);
  }
}

TEST(Validator, OneRankChecksASignatureOnce) {
  const TinyMarket market(4);
  Network network(market, 4);
  std::mt19937 random(1);
  network.propose();
  network.deliver(random);
  // Two transactions, the proposer's signature, four prevotes and four precommits.
  EXPECT_LE(network.verifier().checks_done(), 11U);
  EXPECT_GT(network.verifier().checks_saved(), 11U);
}

TEST(Validator, LatePrecommitsJoinTheCertificate) {
  const TinyMarket market(4);
  Network network(market, 4);
  std::mt19937 random(1);
  network.propose();
  network.deliver(random);
  EXPECT_EQ(network[0].committed()->certificate.precommits.size(), 4U);
}

TEST(Validator, OneWhoLagsCatchesUpFromMessagesSentAhead) {
  const TinyMarket market(4);
  Verifier verifier;
  Validator late(market.genesis, 0, market.validator_keys[0], verifier);
  Network others(market, 4);
  std::vector<std::vector<Message>> sent;
  ContractState state = initial_state(market.genesis);
  Digest head = state.run_id;
  for (int h = 0; h < 3; ++h) {
    const CommittedBlock committed = market.commit(state, head);
    std::vector<Message> messages{Proposal{std::make_shared<const Block>(committed.block)}};
    for (const Step step : {Step::prevote, Step::precommit}) {
      for (std::uint32_t v = 1; v < 4; ++v) {
        messages.push_back(sign_vote({step, state.run_id, state.turn.height, 0, head, v, {}},
                                     market.validator_keys[v]));
      }
    }
    sent.push_back(messages);
  }
  std::vector<std::uint64_t> heights;
  for (const int h : {2, 1, 0}) {
    for (const Message& message : sent[h]) {
      late.receive(message);
      for (const auto& each : late.newly_committed()) {
        heights.push_back(each.block.header.turn.height);
      }
    }
  }
  EXPECT_EQ(heights, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(late.height(), 3U);
  EXPECT_EQ(late.head(), head);
  EXPECT_FALSE(late.last_refusal());
}

/// Validator 0 of four, at the start; block 1 is validator 1's to propose.
class ValidatorTest : public testing::Test {
 protected:
  ValidatorTest()
      : market_(4),
        validator_(market_.genesis, 0, market_.validator_keys[0], verifier_),
        start_(initial_state(market_.genesis)) {
    ContractState state = start_;
    Digest head = start_.run_id;
    good_ = market_.commit(state, head).block;
  }

  /// Hashes and signs the block again by `proposer`; what the validator refuses it for.
  std::string refusal_of(Block block, std::uint32_t proposer) {
    block.header.proposer = proposer;
    block.header.transactions_root = transactions_root(block.transactions);
    block.proposer_signature =
        market_.validator_keys[proposer].sign(proposal_bytes(block_hash(block.header)));
    const auto votes = validator_.receive(Proposal{std::make_shared<const Block>(block)});
    EXPECT_TRUE(votes.empty());
    return validator_.last_refusal() ? validator_.last_refusal()->what : "";
  }
  std::string refusal_of(Vote vote, std::uint32_t signer) {
    EXPECT_TRUE(validator_.receive(sign_vote(vote, market_.validator_keys[signer])).empty());
    return validator_.last_refusal() ? validator_.last_refusal()->what : "";
  }
  [[nodiscard]] Vote prevote(std::uint32_t validator) const {
    return {Step::prevote, start_.run_id, 1, 0, block_hash(good_.header), validator, {}};
  }

  TinyMarket market_;
  Verifier verifier_;
  Validator validator_;
  ContractState start_;
  Block good_;
};

TEST_F(ValidatorTest, GoodProposalGetsOnePrevote) {
  const Message proposal = Proposal{std::make_shared<const Block>(good_)};
  const auto votes = validator_.receive(proposal);
  ASSERT_EQ(votes.size(), 1U);
  const Vote& vote = std::get<Vote>(votes[0]);
  EXPECT_EQ(vote.step, Step::prevote);
  EXPECT_EQ(vote.block_hash, block_hash(good_.header));
  EXPECT_TRUE(validator_.receive(proposal).empty());
  EXPECT_FALSE(validator_.last_refusal());
}

TEST_F(ValidatorTest, WrongProposalsRefusedByName) {
  EXPECT_EQ(refusal_of(good_, 2), "proposer");
  Block bad = good_;
  bad.header.parent = Digest{7};
  EXPECT_EQ(refusal_of(bad, 1), "parent");
  bad = good_;
  bad.header.state_root = Digest{7};
  EXPECT_EQ(refusal_of(bad, 1), "state root");
  bad = good_;
  bad.transactions[1] = sign_transaction(market_.draft(start_, 1), test_key(9));
  EXPECT_EQ(refusal_of(bad, 1), "meter signature");
  bad = good_;
  bad.header.round = 1;
  EXPECT_EQ(refusal_of(bad, 2), "consensus round");
  bad = good_;
  bad.header.turn.height = 1000;
  EXPECT_EQ(refusal_of(bad, 1), "height");
}

TEST_F(ValidatorTest, SecondProposalForAHeightRefused) {
  validator_.receive(Proposal{std::make_shared<const Block>(good_)});
  Block other = good_;
  other.header.residual = 2.0;
  EXPECT_EQ(refusal_of(other, 1), "proposal");
}

TEST_F(ValidatorTest, WrongVotesRefusedByName) {
  Vote vote = prevote(2);
  vote.run_id = Digest{7};
  EXPECT_EQ(refusal_of(vote, 2), "vote's run id");
  EXPECT_EQ(refusal_of(prevote(4), 2), "vote's validator");
  EXPECT_EQ(refusal_of(prevote(2), 3), "vote's signature");
  EXPECT_TRUE(validator_.receive(sign_vote(prevote(2), market_.validator_keys[2])).empty());
  vote = prevote(2);
  vote.block_hash = Digest{7};
  EXPECT_EQ(refusal_of(vote, 2), "second vote of validator 2");
}

TEST_F(ValidatorTest, RepeatedVoteCountsOnce) {
  validator_.receive(Proposal{std::make_shared<const Block>(good_)});
  const Message vote = sign_vote(prevote(2), market_.validator_keys[2]);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(validator_.receive(vote).empty());
  const auto out = validator_.receive(sign_vote(prevote(3), market_.validator_keys[3]));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(std::get<Vote>(out[0]).step, Step::precommit);
}

TEST_F(ValidatorTest, ProposesOnlyInItsTurnAndOnlyGoodTransactions) {
  EXPECT_THROW(validator_.propose(market_.transactions(start_)), Error);
  Validator due(market_.genesis, 1, market_.validator_keys[1], verifier_);
  auto transactions = market_.transactions(start_);
  std::swap(transactions[0], transactions[1]);
  EXPECT_THROW(due.propose(transactions), FormatError);
  EXPECT_EQ(due.propose(market_.transactions(start_)).size(), 2U);
  EXPECT_FALSE(due.is_proposer());
}

TEST_F(ValidatorTest, KeyOutsideTheGenesisRefused) {
  EXPECT_THROW(Validator(market_.genesis, 1, market_.validator_keys[0], verifier_), InputError);
  EXPECT_THROW(Validator(market_.genesis, 4, market_.validator_keys[0], verifier_), InputError);
}

}  // namespace
}  // namespace gridtally::ledger
