#include "cluster/validator_host.hpp"

#include <algorithm>
#include <utility>

#include "base/stopwatch.hpp"
#include "cluster/letter.hpp"
#include "cluster/misbehaviour.hpp"

namespace gridtally::cluster {

ValidatorHost::ValidatorHost(consensus::Executor& executor, consensus::SharedPosition position,
                             const Layout& layout, Post& post,
                             const std::vector<ledger::SecretKey>& keys,
                             std::optional<VoteRecords> records, const Patience& patience,
                             const FaultPlan& faults)
    : executor_(executor),
      layout_(layout),
      post_(post),
      records_(std::move(records)),
      patience_(patience),
      faults_(faults),
      pool_(executor.genesis(), executor.verifier()),
      position_(std::move(position)) {
  pool_.begin(position_->state);
  const auto first = layout.validators_of(post.rank()).first;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Hosted& hosted = hosted_.emplace_back();
    hosted.key = &keys[i];
    hosted.number = first + static_cast<std::uint32_t>(i);
    const auto record = records_ ? records_->last(hosted.number) : ledger::Bytes{};
    hosted.validator = std::make_unique<consensus::Validator>(executor, keys[i], patience.timeouts,
                                                              position_, record);
  }
}

void ValidatorHost::start() {
  begin_height(Clock::now());
  for (std::size_t i = 0; i < hosted_.size(); ++i) route(i, hosted_[i].validator->start());
  settle();
}

void ValidatorHost::receive(const ledger::Message& message, int from) {
  for (std::size_t i = 0; i < hosted_.size(); ++i) {
    deliver(i, message, static_cast<consensus::Address>(from));
  }
  settle();
}

void ValidatorHost::add_transaction(ledger::ByteView transaction) {
  const double before = executor_.verifier().seconds();
  pool_.add(transaction);
  times_.transaction_signatures += executor_.verifier().seconds() - before;
}

void ValidatorHost::add_ballot(const ledger::Ballot& ballot) { pool_.add_ballot(ballot); }

void ValidatorHost::deliver(std::size_t receiver, const ledger::Message& message,
                            consensus::Address from) {
  route(receiver, hosted_[receiver].validator->receive(message, from));
}

void ValidatorHost::route(std::size_t sender, consensus::Output output) {
  if (output.record_changed && records_) {
    hosted_[sender].unsaved = hosted_[sender].validator->memory();
  }
  for (const auto& envelope : output.envelopes) speak(sender, envelope);
  for (const auto& alarm : output.alarms) alarms_.set(sender, alarm, Clock::now());
  for (const auto& committed : output.commits) commit(committed);
  std::move(output.evidence.begin(), output.evidence.end(), std::back_inserter(evidence_));
}

void ValidatorHost::speak(std::size_t sender, const consensus::Envelope& envelope) {
  if (!envelope.to) {  // a block is signed before it is offered, and drawn before that
    times_.signed_words += std::holds_alternative<ledger::Proposal>(envelope.message) ? 3 : 1;
  }
  if (misbehave(sender, envelope.message)) return;
  envelope.to ? answer(*envelope.to, envelope.message) : broadcast(sender, envelope.message);
}

// Addresses from the number of ranks on are those of validators at home.
void ValidatorHost::answer(consensus::Address to, const ledger::Message& message) {
  const auto ranks = static_cast<consensus::Address>(post_.ranks());
  if (to >= ranks) {
    inbox_.push_back({static_cast<std::size_t>(to - ranks), ranks, message});
  } else {
    outgoing_.emplace_back(static_cast<int>(to), written(message));
  }
}

Post::Contents ValidatorHost::written(const ledger::Message& message) {
  const CpuStopwatch encoding(times_.encoding);
  return letter(message);
}

void ValidatorHost::broadcast(std::size_t sender, const ledger::Message& message,
                              bool to_odd_ones_only) {
  const auto own_address = static_cast<consensus::Address>(post_.ranks()) + sender;
  for (std::size_t i = 0; i < hosted_.size(); ++i) {
    if (i == sender || (to_odd_ones_only && hosted_[i].number % 2 == 0)) continue;
    inbox_.push_back({i, own_address, message});
  }
  if (layout_.validator_ranks() == 1) return;
  const auto contents = written(message);
  for (int rank = 0; rank < layout_.validator_ranks(); ++rank) {
    if (rank == post_.rank() || (to_odd_ones_only && rank % 2 == 0)) continue;
    outgoing_.emplace_back(rank, contents);
  }
}

// True when something else, or nothing, was said instead. Asking for a block is nobody's word: who
// is silent still follows.
bool ValidatorHost::misbehave(std::size_t sender, const ledger::Message& message) {
  if (faults_.empty() || std::holds_alternative<ledger::Request>(message)) return false;
  const std::uint32_t number = hosted_[sender].number;
  const std::uint64_t height = ledger::height_of(message);
  if (faults_.silent(number, height)) return true;
  if (faults_.wrong_root(number, height)) {
    broadcast(sender, with_wrong_root(sender, message));
    return true;
  }
  if (!faults_.equivocates(number, height)) return false;
  equivocate(sender, message);
  return true;
}

ledger::Message ValidatorHost::with_wrong_root(std::size_t sender, const ledger::Message& message) {
  Hosted& hosted = hosted_[sender];
  const auto* proposal = std::get_if<ledger::Proposal>(&message);
  if (proposal != nullptr && !proposal->offer.valid_round) {
    auto forged = with_wrong_state_root(*proposal, *hosted.key);
    hosted.forged[proposal->offer.block_hash] = forged.offer.block_hash;
    return forged;
  }
  const auto* vote = std::get_if<ledger::Vote>(&message);
  if (vote == nullptr || vote->is_nil()) return message;
  const auto offered = hosted.forged.find(vote->block_hash);
  if (offered == hosted.forged.end()) return for_another_block(*vote, *hosted.key);
  ledger::Vote forged = *vote;
  forged.block_hash = offered->second;
  return ledger::sign_vote(forged, *hosted.key);
}

void ValidatorHost::equivocate(std::size_t sender, const ledger::Message& message) {
  const auto& key = *hosted_[sender].key;
  const auto* proposal = std::get_if<ledger::Proposal>(&message);
  if (proposal != nullptr && !proposal->offer.valid_round) {
    broadcast(sender, with_wrong_state_root(*proposal, key), true);
  }
  broadcast(sender, message);
  if (const auto* vote = std::get_if<ledger::Vote>(&message)) {
    broadcast(sender, for_another_block(*vote, key));
  }
}

// Messages at home are delivered until there are none; then, once the records are durable, the
// letters leave.
void ValidatorHost::settle() {
  while (!inbox_.empty()) {
    const AtHome next = std::move(inbox_.front());
    inbox_.pop_front();
    deliver(next.receiver, next.message, next.from);
  }
  make_records_durable();
  if (outgoing_.empty()) return;
  const CpuStopwatch sending(times_.sending);
  for (auto& [rank, contents] : std::exchange(outgoing_, {})) post_.send(rank, std::move(contents));
}

// Where all validators are at home, no word outlives the job but in a block that is in the archive:
// then the height is committed, and its record void. Evidence is the other way out.
void ValidatorHost::make_records_durable() {
  if (!records_ || (outgoing_.empty() && evidence_.empty())) return;
  const Stopwatch recording(times_.records);
  bool any = false;
  for (auto& hosted : hosted_) {
    if (!hosted.unsaved) continue;
    records_->append(hosted.number, encode(*hosted.unsaved));
    hosted.unsaved.reset();
    any = true;
  }
  if (any) records_->sync();
}

// The first validator at home that gets there tells the rank; the executor knows the rest.
void ValidatorHost::commit(const ledger::Committed& committed) {
  if (committed->block.header.turn.height != position_->tip.height() + 1) return;
  position_ = executor_.check(*position_, committed->block).after;
  commits_.emplace_back(committed, position_);
  begin_height(Clock::now());
}

void ValidatorHost::begin_height(Clock::time_point now) {
  pool_.begin(position_->state);
  alarms_.forget(position_->tip.height());
  for (auto& hosted : hosted_) hosted.forged.clear();
  begun_ = now;
  ready_since_.reset();
}

bool ValidatorHost::is_foremost(const Hosted& hosted) const {
  return hosted.validator->height() == position_->tip.height() && !hosted.validator->ended();
}

bool ValidatorHost::may_go_on(Clock::time_point now) const {
  if (held_) return false;
  if (pool_.complete()) return true;
  return patience_.deadline && now >= *begun_ + *patience_.deadline && pool_.serves();
}

bool ValidatorHost::tick(Clock::time_point now) {
  bool busy = false;
  for (const auto& [validator, alarm] : alarms_.due(now)) {
    route(validator, hosted_[validator].validator->expire(alarm));
    busy = true;
  }
  if (!ready_since_ && may_go_on(now)) ready_since_ = now;
  if (ready_since_ && propose()) busy = true;
  settle();
  return busy;
}

bool ValidatorHost::propose() {
  bool busy = false;
  const std::uint64_t next = position_->tip.height() + 1;
  for (std::size_t i = 0; i < hosted_.size(); ++i) {
    Hosted& hosted = hosted_[i];
    if (!is_foremost(hosted)) continue;
    if (hosted.told_ready < next) {
      hosted.told_ready = next;
      route(i, hosted.validator->ready());
      busy = true;
    }
    if (!is_foremost(hosted) || position_->tip.height() + 1 != next) break;
    // Where the market is further already, the pool holds transactions of a later turn by now.
    if (!hosted.validator->may_propose() || !pool_.serves()) continue;
    route(i, hosted.validator->propose(pool_.transactions(), pool_.ballots()));
    busy = true;
  }
  return busy;
}

Clock::time_point ValidatorHost::next_alarm() const {
  const auto next = alarms_.next();
  if (!patience_.deadline || ready_since_) return next;
  const auto deadline = *begun_ + *patience_.deadline;
  return deadline > Clock::now() ? std::min(next, deadline) : next;
}

std::vector<std::pair<ledger::Committed, consensus::SharedPosition>> ValidatorHost::take_commits() {
  return std::exchange(commits_, {});
}

std::vector<ledger::Evidence> ValidatorHost::take_evidence() {
  auto all = pool_.take_evidence();
  auto seen = std::exchange(evidence_, {});
  std::move(seen.begin(), seen.end(), std::back_inserter(all));
  return all;
}

std::vector<std::uint32_t> ValidatorHost::waits_for() const {
  if (ready_since_) return {};
  return pool_.missing();
}

// Those who were made silent at home hear themselves.
std::set<std::uint32_t> ValidatorHost::unheard(const consensus::Validator& listener) const {
  const auto strangers = listener.unheard();
  std::set<std::uint32_t> out(strangers.begin(), strangers.end());
  for (const auto& hosted : hosted_) {
    const auto index = hosted.validator->index();
    if (index && faults_.silent(hosted.number, position_->tip.height() + 1)) out.insert(*index);
  }
  return out;
}

std::string ValidatorHost::quorum_trouble() const {
  const auto foremost = std::find_if(hosted_.begin(), hosted_.end(),
                                     [this](const Hosted& each) { return is_foremost(each); });
  if (foremost == hosted_.end()) return {};
  const auto& membership = position_->state.membership;
  const auto names = unheard(*foremost->validator);
  std::string silent = names.size() == 1 ? "validator " : "validators ";
  for (const auto validator : names) {
    silent += (validator == *names.begin() ? "" : ", ") + std::to_string(validator);
  }
  return "height " + std::to_string(position_->tip.height() + 1) + " found no quorum in " +
         std::to_string(foremost->validator->round() + 1) + " rounds: " +
         (names.empty() ? "every validator speaks, but not for one block"
                        : "nothing was heard of " + silent) +
         "; " + std::to_string(membership.quorum()) + " of " +
         std::to_string(membership.active().size()) + " must agree, " +
         std::to_string(membership.tolerated()) + " may fail";
}

}  // namespace gridtally::cluster
