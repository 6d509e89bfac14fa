// The rules of Tendermint's Algorithm 1 (arXiv:1807.04938); numbers are those of its lines.
#include <utility>

#include "consensus/validator.hpp"

namespace gridtally::consensus {

using ledger::Digest;
using ledger::Step;

void Validator::proceed() {
  while (apply_a_rule()) {
  }
  if (!ended()) set_timers();
}

/// True when something has changed, so that another rule may have come to apply.
bool Validator::apply_a_rule() {
  if (ended()) return false;
  return take_waiting() || decide() || skip_rounds() || offer_valid_block() || prevote_offer() ||
         note_valid_block() || precommit_block() || precommit_nil();
}

bool Validator::may_speak() const {
  return !ahead_ && index_ && now_->committee.membership.is_active(*index_);
}

bool Validator::is_due() const {
  return may_speak() && !ended() &&
         now_->committee.membership.proposer(own_.height, own_.round) == *index_;
}

/// Lines 14 to 19.
bool Validator::offer_valid_block() {
  if (!own_.valid || own_.offer || stage_ != Stage::propose || !is_due()) return false;
  if (own_.valid->round >= own_.round) return false;
  offer(own_.valid->proposal.block);
  return true;
}

void Validator::offer(const std::shared_ptr<const ledger::Block>& block) {
  ledger::Offer offer;
  offer.run_id = own_.run_id;
  offer.height = own_.height;
  offer.round = own_.round;
  offer.block_hash = block_hash(block->header);
  offer.proposer = *index_;
  ledger::Proposal proposal;
  if (own_.valid) {
    offer.valid_round = own_.valid->round;
    proposal.prevotes = own_.valid->prevotes;
  }
  proposal.offer = sign_offer(offer, key_);
  proposal.block = block;
  own_.offer = proposal;
  out_.record_changed = true;
  now_->offers.put(proposal);
  out_.envelopes.push_back({std::nullopt, std::move(proposal)});
}

/// Lines 22 to 33. The prevotes of an earlier round came with the offer and were checked.
bool Validator::prevote_offer() {
  Held* held = now_->offers.find(own_.round);
  if (stage_ != Stage::propose || held == nullptr) return false;
  const bool support = is_good(*held) && may_support(held->proposal.offer);
  vote(Step::prevote, support ? held->hash() : Digest{});
  return true;
}

bool Validator::may_support(const ledger::Offer& offer) const {
  if (!own_.lock || own_.lock->block_hash == offer.block_hash) return true;
  return offer.valid_round && own_.lock->round <= *offer.valid_round;
}

/// Lines 42 and 43, and the same for rounds that are over: a quorum that comes late can still be
/// shown to others.
bool Validator::note_valid_block() {
  const std::vector<std::uint32_t> rounds = now_->votes.rounds();
  for (std::size_t i = rounds.size(); i-- > 0;) {
    const std::uint32_t round = rounds[i];
    if (round > own_.round || (round == own_.round && stage_ == Stage::propose)) continue;
    if (own_.valid && round <= own_.valid->round) return false;
    const auto block = now_->votes.decided(round, Step::prevote);
    Held* held = block && *block != Digest{} ? good_block(*block) : nullptr;
    if (held == nullptr) continue;
    own_.valid =
        ValidBlock{round, held->proposal, now_->votes.checked(round, Step::prevote, *block)};
    if (may_speak()) out_.record_changed = true;
    return true;
  }
  return false;
}

/// Lines 36 to 41.
bool Validator::precommit_block() {
  const auto block = now_->votes.decided(own_.round, Step::prevote);
  if (stage_ != Stage::prevote || !block || *block == Digest{}) return false;
  if (good_block(*block) == nullptr) return false;
  own_.lock = Lock{own_.round, *block};
  vote(Step::precommit, *block);
  return true;
}

/// Lines 44 to 46.
bool Validator::precommit_nil() {
  if (stage_ != Stage::prevote) return false;
  if (now_->votes.decided(own_.round, Step::prevote) != Digest{}) return false;
  vote(Step::precommit, {});
  return true;
}

/// Lines 49 to 54.
bool Validator::decide() {
  for (const std::uint32_t round : now_->votes.rounds()) {
    const auto block = now_->votes.decided(round, Step::precommit);
    Held* held = block && *block != Digest{} ? good_block(*block) : nullptr;
    if (held == nullptr) continue;
    ledger::Certificate certificate{round, *block,
                                    now_->votes.checked(round, Step::precommit, *block)};
    close_height(executor_.keep(held->proposal.block, std::move(certificate)), held->after);
    return true;
  }
  return false;
}

/// Lines 55 and 56.
bool Validator::skip_rounds() {
  const std::uint32_t reached = now_->votes.reached();
  if (reached <= own_.round) return false;
  begin_round(reached);
  return true;
}

/// Lines 34, 35, 47 and 48.
void Validator::set_timers() {
  const std::uint32_t quorum = now_->committee.quorum();
  if (stage_ == Stage::prevote && now_->votes.spoken(own_.round, Step::prevote) >= quorum) {
    arm_once(Timer::prevote, prevote_timer_);
  }
  if (now_->votes.spoken(own_.round, Step::precommit) >= quorum) {
    arm_once(Timer::precommit, precommit_timer_);
  }
}

bool Validator::is_good(Held& held) {
  if (std::exchange(held.checked, true)) return held.after != nullptr;
  Executor::Result result = executor_.check(*position_, *held.proposal.block);
  held.after = std::move(result.after);
  if (!result.fault) return true;
  refusal_ = std::move(result.fault);
  if (!held.proposal.offer.valid_round) accuse(*now_, wrong_block(held.proposal));
  return false;
}

Held* Validator::good_block(const Digest& block) {
  Held* held = now_->offers.find(block);
  return held != nullptr && is_good(*held) ? held : nullptr;
}

/// One vote a round and step, for ever: the record holds it before it leaves.
void Validator::vote(Step step, const Digest& block) {
  stage_ = step == Step::prevote ? Stage::prevote : Stage::precommit;
  auto& word = step == Step::prevote ? own_.prevote : own_.precommit;
  if (!may_speak() || word) return;
  word = sign_vote({step, own_.run_id, own_.height, own_.round, block, *index_, {}}, key_);
  out_.record_changed = true;
  now_->votes.put(*word);
  out_.envelopes.push_back({std::nullopt, *word});
}

}  // namespace gridtally::consensus
