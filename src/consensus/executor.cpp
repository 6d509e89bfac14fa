#include "consensus/executor.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/stopwatch.hpp"

namespace gridtally::consensus {

using ledger::Block;
using ledger::Fault;

namespace {

/// Adds the processor time it lives to `seconds`, without that of the verifier.
class ExecutionWatch {
 public:
  ExecutionWatch(double& seconds, const ledger::Verifier& verifier)
      : seconds_(seconds), verifier_(verifier), checking_(verifier.seconds()), watch_(seconds) {}
  ~ExecutionWatch() { seconds_ -= verifier_.seconds() - checking_; }
  ExecutionWatch(const ExecutionWatch&) = delete;
  ExecutionWatch& operator=(const ExecutionWatch&) = delete;

 private:
  double& seconds_;
  const ledger::Verifier& verifier_;
  double checking_;
  CpuStopwatch watch_;
};

constexpr std::size_t results_kept = 3;
constexpr std::size_t bodies_kept = 16;

/// What a draft would be as a block, before its execution. Signed, since check_form asks for it.
Block outline(const ledger::Genesis& genesis, const Position& position, const ledger::Draft& draft,
              const ledger::SecretKey& key) {
  Block block;
  block.header.run_id = position.state.run_id;
  block.header.turn = next_turn(genesis, position.state);
  block.header.round = draft.round;
  block.header.proposer = draft.proposer;
  block.header.parent = position.tip.head;
  block.header.history = position.tip.history.root();
  block.transactions = draft.transactions;
  block.ballots = draft.ballots;
  block.header.transactions_root = transactions_root(block);
  block.proposer_signature = key.sign(ledger::proposal_bytes(block_hash(block.header)));
  return block;
}

}  // namespace

SharedPosition first_position(const ledger::Genesis& genesis) {
  ledger::ContractState state = initial_state(genesis);
  const ledger::Tip tip(state.run_id);
  return std::make_shared<const Position>(Position{tip, std::move(state)});
}

std::size_t held_bytes(const Block& block) {
  std::size_t bytes = 0;
  for (const auto& transaction : block.transactions) {
    bytes += sizeof(transaction);
    for (const auto& row : transaction.content().decisions) {
      bytes += sizeof(row) + row.numbers.size() * sizeof(double);
    }
    for (const auto& row : transaction.content().acceptances) {
      bytes += sizeof(row) + row.change.size() * sizeof(double);
    }
  }
  return bytes;
}

Executor::Executor(const ledger::Genesis& genesis, ledger::Verifier& verifier)
    : genesis_(genesis), verifier_(verifier) {}

Executor::Result Executor::check(const Position& position, const Block& block) {
  if (const Known* known = find(position, block)) return {std::nullopt, known->after};
  const ExecutionWatch executing(seconds_, verifier_);
  const auto& membership = position.state.membership;
  if (auto bad = check_form(genesis_, position.state.run_id, membership, block, verifier_)) {
    return {std::move(bad), nullptr};
  }
  auto after = std::make_shared<Position>(position);
  if (auto bad = check_execution(genesis_, block, after->tip, after->state)) {
    return {std::move(bad), nullptr};
  }
  remember(block, after);
  return {std::nullopt, std::move(after)};
}

Block Executor::make(const Position& position, ledger::Draft draft, const ledger::SecretKey& key) {
  const ExecutionWatch executing(seconds_, verifier_);
  const Block drawn = outline(genesis_, position, draft, key);
  auto bad =
      check_form(genesis_, position.state.run_id, position.state.membership, drawn, verifier_);
  if (!bad) bad = check_place(genesis_, position.tip, position.state, drawn);
  if (bad) throw FormatError("no block can be made of this: " + describe(*bad));
  auto [block, state] = make_block(genesis_, position.tip, position.state, std::move(draft), key);
  auto after = std::make_shared<Position>(Position{position.tip, std::move(state)});
  after->tip.advance(block_hash(block.header));
  remember(block, after);
  return std::move(block);
}

const Executor::Known* Executor::find(const Position& position, const Block& block) const {
  if (block.header.parent != position.tip.head) return nullptr;
  const ledger::Digest hash = block_hash(block.header);
  for (const Known& known : known_) {
    if (known.hash == hash && known.signature == block.proposer_signature) {
      return has_named_body(block) ? &known : nullptr;
    }
  }
  return nullptr;
}

void Executor::remember(const Block& block, const SharedPosition& after) {
  known_.push_back({block_hash(block.header), block.proposer_signature, after});
  if (known_.size() > results_kept) known_.pop_front();
}

bool Executor::has_named_body(const Block& block) const {
  for (const auto& each : genuine_) {
    if (each.lock().get() == &block) return true;
  }
  return transactions_root(block) == block.header.transactions_root;
}

bool Executor::is_authentic(const ledger::Membership& membership,
                            const std::shared_ptr<const Block>& block) {
  const ledger::Header& header = block->header;
  const auto& known = membership.known();
  if (header.proposer >= known.size()) return false;
  const ledger::Bytes signed_part = ledger::proposal_bytes(block_hash(header));
  if (!verifier_.verify(known[header.proposer], signed_part, block->proposer_signature)) {
    return false;
  }
  if (!has_named_body(*block)) return false;
  genuine_.push_back(block);
  if (genuine_.size() > bodies_kept) genuine_.pop_front();
  return true;
}

ledger::Committed Executor::keep(const std::shared_ptr<const Block>& block,
                                 ledger::Certificate certificate) {
  ledger::Committed before = committed(block->header.turn.height);
  if (before && before->certificate.block_hash == certificate.block_hash) return before;
  return keep(std::make_shared<const ledger::CommittedBlock>(
      ledger::CommittedBlock{*block, std::move(certificate)}));
}

ledger::Committed Executor::keep(ledger::Committed committed_block) {
  const std::uint64_t height = committed_block->block.header.turn.height;
  const ledger::Committed before = committed(height);
  if (before) {
    const bool same = before->certificate.block_hash == committed_block->certificate.block_hash;
    return same ? before : committed_block;
  }
  const auto later = [](const ledger::Committed& each, std::uint64_t wanted) {
    return each->block.header.turn.height < wanted;
  };
  const auto place = std::lower_bound(committed_.begin(), committed_.end(), height, later);
  committed_.insert(place, committed_block);
  committed_bytes_ += held_bytes(committed_block->block);
  forget_old_blocks();
  return committed_block;
}

void Executor::forget_old_blocks() {
  while (committed_.size() > blocks_kept ||
         (committed_.size() > 2 && committed_bytes_ > bytes_kept)) {
    committed_bytes_ -= held_bytes(committed_.front()->block);
    committed_.pop_front();
  }
}

ledger::Committed Executor::committed(std::uint64_t height) const {
  for (const ledger::Committed& each : committed_) {
    if (each->block.header.turn.height == height) return each;
  }
  return nullptr;
}

}  // namespace gridtally::consensus
