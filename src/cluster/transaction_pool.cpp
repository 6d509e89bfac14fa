#include "cluster/transaction_pool.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace gridtally::cluster {

namespace {

constexpr std::size_t most_ballots = 4096;  // a ballot is 155 bytes

ledger::Fault fault(const ledger::Turn& turn, std::uint32_t meter, std::string what,
                    std::string expected, std::string found) {
  ledger::Fault out;
  out.height = turn.height;
  out.day = turn.day;
  out.meter = meter;
  out.what = std::move(what);
  out.expected = std::move(expected);
  out.found = std::move(found);
  return out;
}

}  // namespace

TransactionPool::TransactionPool(const ledger::Genesis& genesis, ledger::Verifier& verifier)
    : genesis_(genesis),
      verifier_(verifier),
      run_id_(ledger::run_id(genesis)),
      newest_(genesis.meters.size()) {}

void TransactionPool::begin(const ledger::ContractState& state) {
  due_.reset();
  present_ = 0;
  if (ledger::outcome(genesis_, state) != ledger::Outcome::running) return;
  due_ = ledger::next_turn(genesis_, state);
  for (std::uint32_t meter = 0; meter < newest_.size(); ++meter) {
    if (is_due(meter) && check_due(meter)) ++present_;
  }
}

bool TransactionPool::is_due(std::uint32_t meter) const {
  return due_ && newest_[meter] && newest_[meter]->content().turn.height == due_->height;
}

// Its signature has been checked. One that may not stand in the block is forgotten.
bool TransactionPool::check_due(std::uint32_t meter) {
  auto& slot = newest_[meter];
  const auto bad = ledger::check_transaction(genesis_, run_id_, *due_, *slot, verifier_);
  if (!bad) return true;
  refuse(due_->height, meter, encode(*slot), *bad);
  slot.reset();
  return false;
}

void TransactionPool::add(ledger::ByteView bytes) {
  std::optional<ledger::SignedTransaction> decoded;
  try {
    decoded = ledger::decode_transaction(bytes);
  } catch (const FormatError&) {
    return;  // nobody's: it names no meter
  }
  const ledger::Transaction& content = decoded->content();
  const std::uint32_t meter = content.meter;
  if (meter >= newest_.size()) return;
  const auto& key = genesis_.meters[meter].key;
  if (!verifier_.verify(key, decoded->signed_bytes(), decoded->signature())) {
    return refuse(content.turn.height, meter, bytes,
                  fault(content.turn, meter, "meter signature", "a good one of the meter's key",
                        "a bad one, for " + std::string(ledger::name(content.turn.phase)) +
                            " iteration " + std::to_string(content.turn.iteration)));
  }
  auto& slot = newest_[meter];
  if (slot && slot->content().turn == content.turn) {
    if (slot->content() != content) evidence_.push_back(two_transactions(*slot, *decoded));
    return;
  }
  if (slot && slot->content().turn.height > content.turn.height) return;
  if (is_due(meter)) --present_;
  slot = std::move(decoded);
  if (is_due(meter) && check_due(meter)) ++present_;
}

void TransactionPool::refuse(std::uint64_t height, std::uint32_t meter, ledger::ByteView bytes,
                             const ledger::Fault& why) {
  evidence_.push_back(ledger::refused_transaction(height, meter, bytes, why));
}

void TransactionPool::add_ballot(const ledger::ContractState& state, const ledger::Ballot& ballot) {
  const auto& known = state.membership.known();
  if (ballot.run_id != run_id_ || ballots_.size() >= most_ballots) return;
  if (ballot.voter >= known.size()) return;
  if (std::find(ballots_.begin(), ballots_.end(), ballot) != ballots_.end()) return;
  if (!verifier_.verify(known[ballot.voter], signed_bytes(ballot), ballot.signature)) return;
  ballots_.push_back(ballot);
}

// In settlement, and where nothing may be late, only a word for exactly this turn counts.
bool TransactionPool::fits(const ledger::ContractState& state, std::uint32_t meter) const {
  if (!newest_[meter]) return false;
  const ledger::Turn& own = newest_[meter]->content().turn;
  if (own == *due_) return true;
  if (genesis_.staleness == 0 || due_->phase != ledger::Phase::trading) return false;
  const bool late = own.day == due_->day && own.phase == due_->phase && own.iteration >= 1 &&
                    own.iteration < due_->iteration &&
                    own.height == state.trading_heights[own.iteration - 1];
  return late && own.iteration > state.decided[meter] &&
         own.iteration + genesis_.staleness >= due_->iteration;
}

std::vector<std::uint32_t> TransactionPool::missing(const ledger::ContractState& state) const {
  std::vector<std::uint32_t> out;
  if (!due_) return out;
  const bool may_miss =
      genesis_.staleness > 0 && due_->phase == ledger::Phase::trading && due_->iteration > 1;
  for (std::uint32_t meter = 0; meter < newest_.size(); ++meter) {
    const bool covered = may_miss && state.decided[meter] > 0 &&
                         state.decided[meter] + genesis_.staleness >= due_->iteration;
    if (!covered && !fits(state, meter)) out.push_back(meter);
  }
  return out;
}

bool TransactionPool::serves(const ledger::ContractState& state) const {
  if (complete()) return true;
  if (!due_ || !missing(state).empty()) return false;
  for (std::uint32_t meter = 0; meter < newest_.size(); ++meter) {
    if (fits(state, meter)) return true;
  }
  return false;
}

std::vector<ledger::SignedTransaction> TransactionPool::transactions(
    const ledger::ContractState& state) const {
  std::vector<ledger::SignedTransaction> out;
  for (std::uint32_t meter = 0; meter < newest_.size(); ++meter) {
    if (fits(state, meter)) out.push_back(*newest_[meter]);
  }
  return out;
}

std::vector<ledger::Ballot> TransactionPool::ballots(const ledger::ContractState& state) const {
  return ledger::due_ballots(state, ballots_);
}

std::vector<ledger::Evidence> TransactionPool::take_evidence() {
  return std::exchange(evidence_, {});
}

}  // namespace gridtally::cluster
