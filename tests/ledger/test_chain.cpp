#include <gtest/gtest.h>

#include <functional>

#include "ledger/chain.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

/// The honest chain of the tiny market, and the state and tip before each block.
class ChainTest : public testing::Test {
 protected:
  ChainTest() : market_(4) {
    ContractState state = initial_state(market_.genesis);
    Tip tip(state.run_id);
    while (outcome(market_.genesis, state) == Outcome::running) {
      states_.push_back(state);
      tips_.push_back(tip);
      blocks_.push_back(market_.commit(state, tip));
    }
    tips_.push_back(tip);
    final_ = state;
  }

  /// What check_block says of `committed` where block `index` belongs.
  std::string fault_of(std::size_t index, const CommittedBlock& committed) {
    ContractState state = states_[index];
    Tip tip = tips_[index];
    const auto fault = check_block(market_.genesis, committed, tip, state, verifier_);
    return fault ? fault->what : "";
  }

  /// The block changed, then hashed, signed and certified as if everyone had agreed.
  CommittedBlock signed_again(CommittedBlock committed) const {
    Header& header = committed.block.header;
    header.transactions_root = transactions_root(committed.block);
    const Digest hash = block_hash(header);
    committed.block.proposer_signature =
        market_.validator_keys[header.proposer].sign(proposal_bytes(hash));
    committed.certificate.block_hash = hash;
    const std::uint32_t round = committed.certificate.round;
    for (auto& [validator, signature] : committed.certificate.precommits) {
      const Vote vote{
          Step::precommit, header.run_id, header.turn.height, round, hash, validator, {}};
      signature = sign_vote(vote, market_.validator_keys[validator]).signature;
    }
    return committed;
  }

  TinyMarket market_;
  std::vector<ContractState> states_;
  std::vector<Tip> tips_;  ///< before each block, and after the last
  std::vector<CommittedBlock> blocks_;
  ContractState final_;
  Verifier verifier_;
};

TEST_F(ChainTest, HonestChainIsSound) {
  ASSERT_EQ(blocks_.size(), tiny_blocks);
  ContractState state = initial_state(market_.genesis);
  Tip tip(state.run_id);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const auto fault = check_block(market_.genesis, blocks_[i], tip, state, verifier_);
    ASSERT_FALSE(fault) << describe(*fault);
    EXPECT_EQ(tip, tips_[i + 1]);
  }
  EXPECT_EQ(state_root(market_.genesis, state), state_root(market_.genesis, final_));
  EXPECT_EQ(outcome(market_.genesis, state), Outcome::completed);
}

TEST_F(ChainTest, EncodingsAndArithmeticHaveNotDrifted) {
  EXPECT_EQ(to_hex(states_[0].run_id),
            "926514c7df699074c64dea3481fd708ace5a52f5c56ea669d6fc59536944d813");
  EXPECT_EQ(to_hex(block_hash(blocks_.back().block.header)),
            "434607a7fa826216121e985834d4adc88be22c0895df0243cfb62af720b5fd35");
}

TEST_F(ChainTest, FaultLeavesTheStateAlone) {
  ContractState state = states_[2];
  const Digest before = state_root(market_.genesis, state);
  Tip tip = tips_[2];
  EXPECT_TRUE(check_block(market_.genesis, blocks_[3], tip, state, verifier_));
  EXPECT_EQ(state_root(market_.genesis, state), before);
  EXPECT_EQ(tip, tips_[2]);
}

/// What lets a later word vouch for the earlier ones.
TEST_F(ChainTest, AWordIsOfTheChainThatItWasSignedOver) {
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    CommittedBlock committed = blocks_[i];
    SignedTransaction& transaction = committed.block.transactions[1];
    Transaction content = transaction.content();
    EXPECT_EQ(content.parent, tips_[i].head);
    content.parent[31] ^= 1U;
    transaction = sign_transaction(content, market_.meter_keys[1]);
    EXPECT_EQ(fault_of(i, signed_again(committed)), "parent of a transaction");
  }
}

TEST_F(ChainTest, LiesThatEveryoneSignedAreNamed) {
  using Lie = std::function<void(CommittedBlock&)>;
  const std::vector<std::pair<std::string, Lie>> lies{
      {"run id", [](auto& c) { c.block.header.run_id[0] ^= 1U; }},
      {"parent", [](auto& c) { c.block.header.parent[0] ^= 1U; }},
      {"proposer", [](auto& c) { c.block.header.proposer = 3; }},
      {"proposer", [](auto& c) { c.block.header.round = c.certificate.round = 1; }},
      {"certificate's round", [](auto& c) { c.block.header.round = 1; }},
      {"history", [](auto& c) { c.block.header.history[0] ^= 1U; }},
      {"payments",
       [](auto& c) {
         c.block.payments.push_back({0, 1, 1});
       }},
      {"height", [](auto& c) { c.block.header.turn.height = 0; }},
      {"day", [](auto& c) { c.block.header.turn.day = 1; }},
      {"iteration", [](auto& c) { c.block.header.turn.iteration = 1; }},
      {"residual", [](auto& c) { c.block.header.residual = -0.0; }},
      {"converged", [](auto& c) { c.block.header.converged = false; }},
      {"settled", [](auto& c) { c.block.header.settled = true; }},
      {"state root", [](auto& c) { c.block.header.state_root[31] ^= 1U; }},
      {"transactions", [](auto& c) { c.block.transactions.pop_back(); }},
      {"meter of a transaction",
       [](auto& c) { std::swap(c.block.transactions[0], c.block.transactions[1]); }},
      {"meter of a transaction",
       [](auto& c) { c.block.transactions[1] = c.block.transactions[0]; }},
  };
  for (const auto& [what, lie] : lies) {
    CommittedBlock committed = blocks_[1];
    lie(committed);
    EXPECT_EQ(fault_of(1, signed_again(committed)), what);
  }
}

TEST_F(ChainTest, WrongTurnThatAlsoTheMetersSignedIsNamed) {
  CommittedBlock committed = blocks_[1];
  ++committed.block.header.turn.iteration;
  committed.block.transactions.clear();
  for (std::uint32_t m = 0; m < 2; ++m) {
    Transaction draft = market_.draft(states_[1], m);
    ++draft.turn.iteration;
    committed.block.transactions.push_back(sign_transaction(draft, market_.meter_keys[m]));
  }
  EXPECT_EQ(fault_of(1, signed_again(committed)), "iteration");
}

TEST_F(ChainTest, BadSealsAreNamed) {
  using Lie = std::function<void(CommittedBlock&)>;
  const std::vector<std::pair<std::string, Lie>> lies{
      {"proposer's signature", [](auto& c) { c.block.proposer_signature.bytes[9] ^= 1U; }},
      {"transactions root",
       [this](auto& c) {
         c.block.header.transactions_root[0] ^= 1U;
         c.block.proposer_signature = market_.validator_keys[c.block.header.proposer].sign(
             proposal_bytes(block_hash(c.block.header)));
       }},
      {"certificate's block", [](auto& c) { c.certificate.block_hash[0] ^= 1U; }},
      {"precommit's signature", [](auto& c) { c.certificate.round = 1; }},
      {"certificate's quorum", [](auto& c) { c.certificate.precommits.resize(2); }},
      {"certificate's validator",
       [](auto& c) { c.certificate.precommits[1] = c.certificate.precommits[0]; }},
      {"certificate's validator", [](auto& c) { c.certificate.precommits[3].validator = 4; }},
      {"precommit's signature",
       [](auto& c) { c.certificate.precommits[2].signature.bytes[0] ^= 1U; }},
  };
  for (const auto& [what, lie] : lies) {
    CommittedBlock committed = blocks_[4];
    lie(committed);
    EXPECT_EQ(fault_of(4, committed), what);
  }
}

TEST_F(ChainTest, PaymentsThatEveryoneSignedButNoBillAsksForAreNamed) {
  CommittedBlock committed = blocks_[2];
  ASSERT_EQ(committed.block.payments, (std::vector<Payment>{{0, 1, 5'000'000}}));
  committed.block.payments[0].amount -= 1;
  EXPECT_EQ(fault_of(2, signed_again(committed)), "payments");
  committed.block.payments.clear();
  EXPECT_EQ(fault_of(2, signed_again(committed)), "payments");
}

/// A block of round 0 may be committed in a later one.
TEST_F(ChainTest, ACertificateOfALaterRoundIsGood) {
  CommittedBlock committed = blocks_[1];
  committed.certificate.round = 3;
  EXPECT_EQ(fault_of(1, signed_again(committed)), "");
}

TEST_F(ChainTest, AQuorumWithoutTheRestIsEnough) {
  CommittedBlock committed = blocks_[0];
  committed.certificate.precommits.resize(3);
  EXPECT_EQ(fault_of(0, committed), "");
}

TEST_F(ChainTest, BlocksSwappedDroppedOrDoubledAreFound) {
  EXPECT_EQ(fault_of(1, blocks_[2]), "height");
  EXPECT_EQ(fault_of(2, blocks_[1]), "height");
  EXPECT_EQ(fault_of(1, blocks_[0]), "height");
}

TEST_F(ChainTest, BlockAfterTheEndIsNamed) {
  ContractState state = final_;
  Tip tip = tips_.back();
  const auto fault = check_execution(market_.genesis, blocks_[0].block, tip, state);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->what, "end of the run");
}

TEST_F(ChainTest, ProsumersStateIsProvedAgainstTheHeader) {
  for (std::size_t i = 0; i + 1 < states_.size(); ++i) {
    const Digest& root = blocks_[i].block.header.state_root;
    StateProof proof = prove_prosumer_state(market_.genesis, states_[i + 1], 1);
    EXPECT_TRUE(verify_prosumer_state(proof, root));
    EXPECT_FALSE(verify_prosumer_state(proof, blocks_[i + 1].block.header.state_root));
    proof.prosumer = 0;
    EXPECT_FALSE(verify_prosumer_state(proof, root));
    proof.prosumer = 1;
    proof.leaf.back() ^= 1U;
    EXPECT_FALSE(verify_prosumer_state(proof, root));
  }
}

}  // namespace
}  // namespace gridtally::ledger
