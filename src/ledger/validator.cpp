// Consensus of one height, round 0: the proposer's block, prevotes, precommits, each by a quorum.
#include "ledger/validator.hpp"

#include <utility>

#include "base/error.hpp"

namespace gridtally::ledger {
namespace {

/// How far ahead of the committed height a message may be and wait.
constexpr std::uint64_t heights_ahead = 64;

std::uint64_t height_of(const Message& message) {
  if (const auto* proposal = std::get_if<Proposal>(&message)) {
    return proposal->block->header.turn.height;
  }
  return std::get<Vote>(message).height;
}

bool same_round(const Message& message, std::uint32_t round) {
  if (const auto* proposal = std::get_if<Proposal>(&message)) {
    return proposal->block->header.round == round;
  }
  return std::get<Vote>(message).round == round;
}

}  // namespace

Validator::Validator(const Genesis& genesis, std::uint32_t index, const SecretKey& key,
                     Verifier& verifier)
    : Validator(genesis, index, key, verifier, initial_state(genesis), run_id(genesis)) {}

Validator::Validator(const Genesis& genesis, std::uint32_t index, const SecretKey& key,
                     Verifier& verifier, ContractState state, const Digest& head)
    : genesis_(genesis),
      index_(index),
      key_(key),
      verifier_(verifier),
      state_(std::move(state)),
      head_(head) {
  if (index >= genesis.validators.size() || genesis.validators[index] != key.public_key()) {
    throw InputError("the key of validator " + std::to_string(index) +
                     " is not the one in the genesis");
  }
}

bool Validator::ended() const { return outcome(genesis_, state_) != Outcome::running; }

bool Validator::is_proposer() const {
  return !ended() && !candidate_ && proposer_of(height() + 1, 0, validators()) == index_;
}

std::uint32_t Validator::validators() const {
  return static_cast<std::uint32_t>(genesis_.validators.size());
}

std::vector<Message> Validator::propose(std::vector<SignedTransaction> transactions) {
  if (!is_proposer()) {
    throw Error("validator " + std::to_string(index_) + " has nothing to propose at height " +
                std::to_string(height() + 1));
  }
  auto block = std::make_shared<Block>();
  block->transactions = std::move(transactions);
  Header& header = block->header;
  header.run_id = state_.run_id;
  header.turn = next_turn(genesis_, state_);
  header.proposer = index_;
  header.parent = head_;
  header.transactions_root = transactions_root(block->transactions);
  if (const auto fault = check_transactions(genesis_, state_.run_id, *block, verifier_)) {
    throw FormatError(describe(*fault));
  }
  ContractState next = apply(genesis_, state_, block->transactions);
  header.state_root = state_root(genesis_, next);
  header.residual = next.iterate.residual;
  header.converged = next.converged;
  header.settled = next.settled;
  block->proposer_signature = key_.sign(proposal_bytes(block_hash(header)));
  fresh_.clear();
  std::vector<Message> out{Proposal{block}};
  accept_block(std::move(block), std::move(next), out);
  return out;
}

std::vector<Message> Validator::receive(const Message& message) {
  fresh_.clear();
  std::vector<Message> out;
  handle(message, out);
  return out;
}

void Validator::handle(const Message& message, std::vector<Message>& out) {
  const std::uint64_t message_height = height_of(message);
  if (!same_round(message, 0)) return refuse("consensus round", "0", "another");
  if (message_height > height() + 1) return wait(message);
  if (const auto* proposal = std::get_if<Proposal>(&message)) {
    handle_proposal(*proposal, out);
  } else {
    handle_vote(std::get<Vote>(message), out);
  }
}

void Validator::wait(const Message& message) {
  const std::uint64_t last = height() + heights_ahead;
  if (height_of(message) > last) {
    return refuse("height", "at most " + std::to_string(last), std::to_string(height_of(message)));
  }
  // A proposal a height and two votes of each validator: all that honest peers send.
  const std::size_t most = heights_ahead * (2 * std::size_t{validators()} + 1);
  if (waiting_.size() >= most) {
    return refuse("messages sent ahead", "at most " + std::to_string(most), "more");
  }
  waiting_.push_back(message);
}

void Validator::handle_proposal(const Proposal& proposal, std::vector<Message>& out) {
  const Block& block = *proposal.block;
  if (block.header.turn.height <= height()) return;
  if (candidate_) {
    const Digest hash = block_hash(block.header);
    if (hash != candidate_hash_) refuse("proposal", to_hex(candidate_hash_), to_hex(hash));
    return;
  }
  if (auto fault = check_block_form(genesis_, state_.run_id, head_, block, verifier_)) {
    refusal_ = std::move(fault);
    return;
  }
  ContractState next = state_;
  if (auto fault = check_execution(genesis_, block, next)) {
    refusal_ = std::move(fault);
    return;
  }
  accept_block(proposal.block, std::move(next), out);
}

void Validator::accept_block(std::shared_ptr<const Block> block, ContractState next,
                             std::vector<Message>& out) {
  candidate_ = std::move(block);
  candidate_hash_ = block_hash(candidate_->header);
  candidate_state_ = std::move(next);
  cast(Step::prevote, out);
  proceed(out);
}

void Validator::handle_vote(const Vote& vote, std::vector<Message>& out) {
  if (vote.run_id != state_.run_id) {
    return refuse("vote's run id", to_hex(state_.run_id), to_hex(vote.run_id));
  }
  if (vote.validator >= validators()) {
    return refuse("vote's validator", "below " + std::to_string(validators()),
                  std::to_string(vote.validator));
  }
  const bool late = committed_.block && vote.height == height() && vote.step == Step::precommit &&
                    vote.block_hash == head_;
  if (vote.height <= height() && !late) return;
  if (!verifier_.verify(genesis_.validators[vote.validator], signed_bytes(vote), vote.signature)) {
    return refuse("vote's signature", "a good one of validator " + std::to_string(vote.validator),
                  "a bad one");
  }
  if (late) {
    committed_.precommits.emplace(vote.validator, vote.signature);
    return;
  }
  Ballots& ballots = vote.step == Step::prevote ? prevotes_ : precommits_;
  const auto [first, added] = ballots.emplace(vote.validator, vote);
  if (!added && first->second.block_hash != vote.block_hash) {
    return refuse("second vote of validator " + std::to_string(vote.validator),
                  to_hex(first->second.block_hash), to_hex(vote.block_hash));
  }
  proceed(out);
}

void Validator::cast(Step step, std::vector<Message>& out) {
  const Vote vote =
      sign_vote({step, state_.run_id, height() + 1, 0, candidate_hash_, index_, {}}, key_);
  (step == Step::prevote ? prevotes_ : precommits_).emplace(index_, vote);
  out.emplace_back(vote);
}

bool Validator::has_quorum(const Ballots& ballots) const {
  std::uint32_t votes = 0;
  for (const auto& [validator, vote] : ballots) votes += vote.block_hash == candidate_hash_;
  return votes >= quorum(validators());
}

void Validator::proceed(std::vector<Message>& out) {
  if (!candidate_) return;
  if (!precommits_.contains(index_) && has_quorum(prevotes_)) cast(Step::precommit, out);
  if (!has_quorum(precommits_)) return;
  commit();
  replay_waiting(out);
}

void Validator::commit() {
  committed_.precommits.clear();
  for (const auto& [validator, vote] : precommits_) {
    if (vote.block_hash == candidate_hash_) committed_.precommits[validator] = vote.signature;
  }
  head_ = candidate_hash_;
  state_ = std::move(candidate_state_);
  committed_.block = std::move(candidate_);
  fresh_.push_back(committed_);
  candidate_.reset();
  prevotes_.clear();
  precommits_.clear();
}

void Validator::replay_waiting(std::vector<Message>& out) {
  const std::vector<Message> waiting = std::exchange(waiting_, {});
  for (const Message& message : waiting) handle(message, out);
}

void Validator::refuse(std::string what, std::string expected, std::string found) {
  Fault fault;
  fault.height = height() + 1;
  fault.what = std::move(what);
  fault.expected = std::move(expected);
  fault.found = std::move(found);
  refusal_ = std::move(fault);
}

CommittedBlock Validator::certified(const Final& final_block) {
  const Header& header = final_block.block->header;
  CommittedBlock out{*final_block.block, {header.round, block_hash(header), {}}};
  for (const auto& [validator, signature] : final_block.precommits) {
    out.certificate.precommits.push_back({validator, signature});
  }
  return out;
}

std::optional<CommittedBlock> Validator::committed() const {
  if (!committed_.block) return std::nullopt;
  return certified(committed_);
}

std::vector<CommittedBlock> Validator::newly_committed() const {
  std::vector<CommittedBlock> out;
  for (const Final& each : fresh_) out.push_back(certified(each));
  return out;
}

}  // namespace gridtally::ledger
