#include "cluster/transaction_pool.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace gridtally::cluster {

namespace {

constexpr std::ptrdiff_t most_ballots = 64;  // of one voter; a ballot is 155 bytes
constexpr std::size_t most_evidence = 256;   // that nobody has taken yet

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
  state_ = &state;
  due_.reset();
  present_ = fitting_ = lacking_ = 0;
  std::erase_if(ballots_, [&](const ledger::Ballot& ballot) {
    return ballot.nonce <= state.ballot_nonces[ballot.voter];
  });
  const bool goes_on = ledger::outcome(genesis_, state) == ledger::Outcome::running;
  if (goes_on) due_ = ledger::next_turn(genesis_, state);
  for (std::uint32_t meter = 0; meter < newest_.size(); ++meter) {
    newest_[meter].fits = newest_[meter].lacks = false;
    if (goes_on) assess(meter);
  }
}

bool TransactionPool::is_of_this_turn(const Meter& meter) const {
  return meter.newest && meter.newest->content().turn == *due_;
}

// Of an earlier iteration of the day, as a block may hold it, and newer than what Func A has. In
// settlement, and where nothing may be late, only a word for exactly this turn counts.
bool TransactionPool::is_late_in_time(std::uint32_t index) const {
  const auto& newest = newest_[index].newest;
  if (!newest || genesis_.staleness == 0 || due_->phase != ledger::Phase::trading) return false;
  const ledger::Turn& own = newest->content().turn;
  const bool late = own.day == due_->day && own.phase == due_->phase && own.iteration >= 1 &&
                    own.iteration < due_->iteration &&
                    own.height == state_->trading_heights[own.iteration - 1];
  return late && own.iteration > state_->decided[index] &&
         own.iteration + genesis_.staleness >= due_->iteration;
}

// Func A can use its last decision once more.
bool TransactionPool::is_covered(std::uint32_t index) const {
  const bool may_miss =
      genesis_.staleness > 0 && due_->phase == ledger::Phase::trading && due_->iteration > 1;
  return may_miss && state_->decided[index] > 0 &&
         state_->decided[index] + genesis_.staleness >= due_->iteration;
}

// Whether the next block can hold the meter's word, or could do without it.
void TransactionPool::assess(std::uint32_t index) {
  Meter& meter = newest_[index];
  const bool is_due = meter.newest && meter.newest->content().turn.height == due_->height;
  meter.fits = (is_due || is_late_in_time(index)) && check(index);
  meter.lacks = !meter.fits && !is_covered(index);
  if (meter.fits && is_of_this_turn(meter)) ++present_;
  if (meter.fits) ++fitting_;
  if (meter.lacks) ++lacking_;
}

void TransactionPool::forget_assessment(Meter& meter) {
  if (meter.fits && is_of_this_turn(meter)) --present_;
  if (meter.fits) --fitting_;
  if (meter.lacks) --lacking_;
}

// Its signature has been checked. One that may not stand in the block is forgotten: with evidence
// where it shows by itself why; of one that names another block as its parent, it takes the chain.
bool TransactionPool::check(std::uint32_t index) {
  auto& newest = newest_[index].newest;
  const auto bad = ledger::check_transaction(genesis_, run_id_, *due_, *newest, verifier_);
  const auto& content = newest->content();
  if (!bad && content.parent == ledger::due_parent(*state_, content.turn)) return true;
  if (bad) refuse(content.turn.height, index, encode(*newest), *bad);
  newest.reset();
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
  const std::uint32_t index = content.meter;
  if (index >= newest_.size()) return;
  const auto& key = genesis_.meters[index].key;
  if (!verifier_.verify(key, decoded->signed_bytes(), decoded->signature())) {
    return refuse(content.turn.height, index, bytes,
                  fault(content.turn, index, "meter signature", "a good one of the meter's key",
                        "a bad one, for " + std::string(ledger::name(content.turn.phase)) +
                            " iteration " + std::to_string(content.turn.iteration)));
  }
  Meter& meter = newest_[index];
  if (meter.newest && meter.newest->content().turn == content.turn) {
    if (meter.newest->content() != content) {
      evidence_.push_back(two_transactions(*meter.newest, *decoded));
    }
    return;
  }
  if (meter.newest && meter.newest->content().turn.height > content.turn.height) return;
  if (due_) forget_assessment(meter);
  meter.newest = std::move(decoded);
  if (due_) assess(index);
}

void TransactionPool::refuse(std::uint64_t height, std::uint32_t meter, ledger::ByteView bytes,
                             const ledger::Fault& why) {
  if (evidence_.size() >= most_evidence) return;
  evidence_.push_back(ledger::refused_transaction(height, meter, bytes, why));
}

void TransactionPool::add_ballot(const ledger::Ballot& ballot) {
  const auto& known = state_->membership.known();
  if (ballot.run_id != run_id_ || ballot.voter >= known.size()) return;
  const auto own = std::count_if(ballots_.begin(), ballots_.end(),
                                 [&](const auto& each) { return each.voter == ballot.voter; });
  if (own >= most_ballots) return;
  if (std::find(ballots_.begin(), ballots_.end(), ballot) != ballots_.end()) return;
  if (!verifier_.verify(known[ballot.voter], signed_bytes(ballot), ballot.signature)) return;
  ballots_.push_back(ballot);
}

std::vector<std::uint32_t> TransactionPool::missing() const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t meter = 0; meter < newest_.size(); ++meter) {
    if (newest_[meter].lacks) out.push_back(meter);
  }
  return out;
}

std::vector<ledger::SignedTransaction> TransactionPool::transactions() const {
  std::vector<ledger::SignedTransaction> out;
  out.reserve(fitting_);
  for (const Meter& meter : newest_) {
    if (meter.fits) out.push_back(*meter.newest);
  }
  return out;
}

std::vector<ledger::Ballot> TransactionPool::ballots() const {
  return ledger::due_ballots(*state_, ballots_);
}

std::vector<ledger::Evidence> TransactionPool::take_evidence() {
  return std::exchange(evidence_, {});
}

}  // namespace gridtally::cluster
