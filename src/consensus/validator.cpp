// Heights, rounds and timers of one validator.
#include "consensus/validator.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.hpp"

namespace gridtally::consensus {

using ledger::Step;

namespace {

std::uint32_t grown(std::uint32_t timeout, std::uint32_t round) {
  const std::uint64_t after = std::uint64_t{timeout} * (std::uint64_t{round} + 1);
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(after, std::numeric_limits<std::uint32_t>::max()));
}

void require_own(const Record& record, const ledger::Digest& run_id, const ledger::PublicKey& key) {
  if (record.run_id != run_id) throw FormatError("validator's record: it is of another run");
  if (record.key != key) throw FormatError("validator's record: it is of another key");
}

}  // namespace

Validator::Validator(Executor& executor, const ledger::SecretKey& key, Timeouts timeouts,
                     SharedPosition position, ledger::ByteView record)
    : executor_(executor),
      key_(key),
      public_key_(key.public_key()),
      timeouts_(timeouts),
      position_(std::move(position)) {
  if (!record.empty()) {
    ahead_ = decode_record(record);
    require_own(*ahead_, position_->state.run_id, public_key_);
  }
  open_height();
}

const SharedPosition& Validator::position() const { return position_; }
std::uint64_t Validator::height() const { return position_->tip.height(); }
std::uint32_t Validator::round() const { return own_.round; }
std::optional<std::uint32_t> Validator::index() const { return index_; }

bool Validator::ended() const {
  return outcome(executor_.genesis(), position_->state) != ledger::Outcome::running;
}

// A word and the commit of its height may fall into one call: the word leaves all the same.
const Record& Validator::memory() const {
  if (ahead_) return *ahead_;
  return last_own_ && own_.is_fresh() ? *last_own_ : own_;
}

/// Neither speaks nor sets a timer: that is for begin_round and resume.
void Validator::open_height() {
  const auto& state = position_->state;
  index_ = state.membership.find(public_key_);
  now_ = std::make_unique<Proceedings>(Committee{state.run_id, height() + 1, state.membership},
                                       executor_);
  own_ = Record{};
  own_.run_id = state.run_id;
  own_.key = public_key_;
  own_.height = height() + 1;
  ready_ = asked_ = false;
  if (ahead_ && ahead_->height <= height()) ahead_.reset();
}

Output Validator::start() {
  if (ended()) return finish();
  if (ahead_ && ahead_->height == height() + 1) {
    resume(*std::exchange(ahead_, std::nullopt));
  } else {
    begin_round(0);
  }
  proceed();
  return finish();
}

void Validator::begin_round(std::uint32_t round) {
  own_.round = round;
  own_.offer.reset();
  own_.prevote.reset();
  own_.precommit.reset();
  stage_ = Stage::propose;
  prevote_timer_ = precommit_timer_ = false;
  std::optional<ledger::Digest> protect;
  if (own_.valid) protect = own_.valid->hash();
  now_->offers.begin_round(round, protect);
  arm(Timer::resend);
  if (ready_) arm(Timer::propose);
}

void Validator::resume(Record record) {
  begin_round(record.round);
  own_ = std::move(record);
  if (own_.valid) now_->offers.put(own_.valid->proposal);
  if (own_.offer) now_->offers.put(*own_.offer);
  for (const auto& word : {own_.prevote, own_.precommit}) {
    if (word) now_->votes.put(*word);
  }
  if (own_.prevote) stage_ = Stage::prevote;
  if (own_.precommit) stage_ = Stage::precommit;
  say_again();
}

Output Validator::ready() {
  if (!std::exchange(ready_, true) && !ended()) arm(Timer::propose);
  return finish();
}

bool Validator::may_propose() const {
  return is_due() && stage_ == Stage::propose && !own_.offer && !own_.valid;
}

Output Validator::propose(std::vector<ledger::SignedTransaction> transactions,
                          std::vector<ledger::Ballot> ballots) {
  if (!may_propose()) {
    throw Error("a block proposed out of turn at height " + std::to_string(height() + 1) +
                ", round " + std::to_string(own_.round));
  }
  ledger::Draft draft{*index_, own_.round, std::move(transactions), std::move(ballots)};
  offer(std::make_shared<const ledger::Block>(executor_.make(*position_, std::move(draft), key_)));
  proceed();
  return finish();
}

Output Validator::receive(const ledger::Message& message, Address from) {
  take(message, from);
  proceed();
  return finish();
}

Output Validator::expire(const Alarm& alarm) {
  if (ended() || alarm.height != height() + 1 || alarm.round != own_.round) return finish();
  if (alarm.timer == Timer::resend) {
    say_again();
    arm(Timer::resend);
  } else if (alarm.timer == Timer::propose) {
    if (stage_ == Stage::propose) vote(Step::prevote, {});
  } else if (alarm.timer == Timer::prevote) {
    if (stage_ == Stage::prevote) vote(Step::precommit, {});
  } else {
    begin_round(own_.round + 1);
  }
  proceed();
  return finish();
}

void Validator::arm(Timer timer) {
  const std::uint32_t round = own_.round;
  std::uint32_t after = timeouts_.resend;
  if (timer == Timer::propose) after = grown(timeouts_.propose, round);
  if (timer == Timer::prevote || timer == Timer::precommit) after = grown(timeouts_.vote, round);
  out_.alarms.push_back({timer, height() + 1, round, after});
}

void Validator::arm_once(Timer timer, bool& armed) {
  if (!std::exchange(armed, true)) arm(timer);
}

void Validator::say_again() {
  const auto send = [&](ledger::Message message) {
    out_.envelopes.push_back({std::nullopt, std::move(message)});
  };
  send(ledger::Request{height() + 1});
  show_valid_block();
  if (own_.offer) send(*own_.offer);
  if (own_.prevote) send(*own_.prevote);
  if (own_.precommit) send(*own_.precommit);
}

/// Whoever has not seen the quorum of an earlier round cannot support its block against a lock.
void Validator::show_valid_block() {
  if (!own_.valid || own_.valid->round >= own_.round) return;
  const ValidBlock& valid = *own_.valid;
  for (const auto& [validator, signature] : valid.prevotes) {
    const ledger::Vote vote{Step::prevote, own_.run_id, own_.height, valid.round,
                            valid.hash(),  validator,   signature};
    out_.envelopes.push_back({std::nullopt, vote});
  }
  out_.envelopes.push_back({std::nullopt, valid.proposal});
}

void Validator::close_height(ledger::Committed committed, SharedPosition after) {
  last_ = executor_.keep(std::move(committed));
  const ledger::Certificate& certificate = last_->certificate;
  for (const auto& [validator, signature] : certificate.precommits) {
    now_->votes.take({Step::precommit, own_.run_id, own_.height, certificate.round,
                      certificate.block_hash, validator, signature},
                     own_.round);
  }
  out_.commits.push_back(last_);
  accuse_stray_votes();
  before_ = std::move(now_);
  waiting_is_due_ = true;
  position_ = std::move(after);
  last_own_ = std::move(own_);
  open_height();
  if (ended()) return;
  ask_for_missed();
  if (ahead_ && ahead_->height == height() + 1) {
    resume(*std::exchange(ahead_, std::nullopt));
  } else {
    begin_round(0);
  }
}

/// What came too early will not come again by itself; its sender may have the whole block by now.
void Validator::ask_for_missed() {
  if (!missed_ || missed_->height <= height()) return;
  out_.envelopes.push_back({missed_->from, ledger::Request{height() + 1}});
}

ledger::Committed Validator::committed() const {
  if (!last_) return nullptr;
  ledger::Certificate certificate = last_->certificate;
  certificate.precommits =
      before_->votes.all(certificate.round, Step::precommit, certificate.block_hash);
  if (certificate == last_->certificate) return last_;
  return std::make_shared<const ledger::CommittedBlock>(
      ledger::CommittedBlock{last_->block, std::move(certificate)});
}

std::vector<std::uint32_t> Validator::unheard() const {
  std::vector<std::uint32_t> out;
  const std::uint32_t oldest = own_.round == 0 ? 0 : own_.round - 1;
  for (const std::uint32_t member : now_->committee.membership.active()) {
    const auto latest = now_->votes.heard(member);
    const bool heard = (latest && *latest >= oldest) || now_->votes.voted(member, oldest) ||
                       now_->votes.voted(member, own_.round);
    if (!heard && member != index_) out.push_back(member);
  }
  return out;
}

Output Validator::finish() { return std::exchange(out_, {}); }

}  // namespace gridtally::consensus
