#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/chain.hpp"

namespace gridtally::ledger {

/// One authority: a pure state machine, no clock and no network. Messages that a call returns go to
/// every other validator; its own votes it has counted itself.
class Validator {
 public:
  /// All references must outlive it. Starts after genesis, or after the block `head` with `state`.
  Validator(const Genesis& genesis, std::uint32_t index, const SecretKey& key, Verifier& verifier);
  Validator(const Genesis& genesis, std::uint32_t index, const SecretKey& key, Verifier& verifier,
            ContractState state, const Digest& head);

  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] const ContractState& state() const { return state_; }
  [[nodiscard]] const Digest& head() const { return head_; }
  [[nodiscard]] std::uint64_t height() const { return state_.turn.height; }  ///< committed
  [[nodiscard]] bool ended() const;
  /// True when the next block is this validator's to propose.
  [[nodiscard]] bool is_proposer() const;

  /// The block of the next turn from one transaction a meter, in meter order: the proposal and this
  /// validator's votes. Error when it is not its turn; transactions are checked: FormatError.
  std::vector<Message> propose(std::vector<SignedTransaction> transactions);

  /// Takes a message in; returns this validator's votes that follow. A message for a later height
  /// (up to 64 ahead) waits for its turn. A wrong one is dropped; see last_refusal.
  std::vector<Message> receive(const Message& message);

  /// Why the latest refused message was refused.
  [[nodiscard]] const std::optional<Fault>& last_refusal() const { return refusal_; }

  /// The block committed last, with all precommits seen by then; nothing before the first.
  [[nodiscard]] std::optional<CommittedBlock> committed() const;
  /// Every block that the latest call of propose or receive committed, in order: several when
  /// messages for later heights had been waiting.
  [[nodiscard]] std::vector<CommittedBlock> newly_committed() const;

 private:
  using Ballots = std::map<std::uint32_t, Vote>;  ///< each validator's first vote of a step
  void handle(const Message& message, std::vector<Message>& out);
  void wait(const Message& message);
  void handle_proposal(const Proposal& proposal, std::vector<Message>& out);
  void handle_vote(const Vote& vote, std::vector<Message>& out);
  void accept_block(std::shared_ptr<const Block> block, ContractState next,
                    std::vector<Message>& out);
  void cast(Step step, std::vector<Message>& out);
  void proceed(std::vector<Message>& out);
  [[nodiscard]] bool has_quorum(const Ballots& ballots) const;
  [[nodiscard]] std::uint32_t validators() const;
  void commit();
  void replay_waiting(std::vector<Message>& out);
  void refuse(std::string what, std::string expected, std::string found);

  const Genesis& genesis_;
  std::uint32_t index_;
  const SecretKey& key_;
  Verifier& verifier_;
  ContractState state_;
  Digest head_;
  std::optional<Fault> refusal_;

  std::shared_ptr<const Block> candidate_;  ///< proposal of the next height, checked
  Digest candidate_hash_{};
  ContractState candidate_state_;
  Ballots prevotes_;
  Ballots precommits_;
  std::vector<Message> waiting_;  ///< for later heights; bounded

  struct Final {
    std::shared_ptr<const Block> block;
    std::map<std::uint32_t, Signature> precommits;
  };
  static CommittedBlock certified(const Final& final_block);
  Final committed_;           ///< the last; no block before the first
  std::vector<Final> fresh_;  ///< by the latest call
};

}  // namespace gridtally::ledger
