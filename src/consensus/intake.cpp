// What a validator makes of messages, and what they betray of their senders.
#include <utility>

#include "consensus/validator.hpp"

namespace gridtally::consensus {

using ledger::Step;

void Validator::take(const ledger::Message& message, Address from) {
  std::visit([&](const auto& each) { take(each, from); }, message);
}

Proceedings* Validator::books(std::uint64_t height_said) {
  if (height_said == height() + 1) return ended() ? nullptr : now_.get();
  return height_said == height() ? before_.get() : nullptr;
}

void Validator::wait(const ledger::Message& message, Address from) {
  const std::uint64_t ahead = height_of(message);
  if (ended() || ahead <= height() + 1) return;
  const std::size_t members = now_->committee.membership.active().size();
  const bool kept = ahead == height() + 2 && waiting_.put(message, from, members);
  if (kept) return;
  if (!missed_ || missed_->height <= ahead) missed_ = Missed{ahead, from};
  if (std::exchange(asked_, true)) return;
  out_.envelopes.push_back({from, ledger::Request{height() + 1}});
}

bool Validator::take_waiting() {
  if (!std::exchange(waiting_is_due_, false)) return false;
  for (const auto& [message, from] : waiting_.clear()) take(message, from);
  return true;
}

void Validator::take(const ledger::Proposal& proposal, Address from) {
  const ledger::Offer& offer = proposal.offer;
  Proceedings* said = books(offer.height);
  if (said == nullptr) return wait(proposal, from);
  if (said == now_.get() && !is_of_use(offer)) return;
  OfferBook::Taken taken = said->offers.take(proposal, own_.round);
  if (taken.refusal) refusal_ = std::move(taken.refusal);
  if (taken.second) accuse(*said, std::move(*taken.second));
  if (taken.fresh) said->votes.hear(offer.proposer, offer.round);
}

/// Of rounds long over, only a block for which a quorum has voted.
bool Validator::is_of_use(const ledger::Offer& offer) const {
  if (std::uint64_t{offer.round} + OfferBook::rounds_behind >= own_.round) return true;
  for (const std::uint32_t round : now_->votes.rounds()) {
    for (const Step step : {Step::prevote, Step::precommit}) {
      if (now_->votes.decided(round, step) == offer.block_hash) return true;
    }
  }
  return false;
}

void Validator::take(const ledger::Vote& vote, Address from) {
  Proceedings* said = books(vote.height);
  if (said == nullptr) return wait(vote, from);
  const bool over = said == before_.get();
  const std::uint32_t round = over ? last_->certificate.round : own_.round;
  VoteBook::Taken taken = said->votes.take(vote, round);
  if (taken.refusal) refusal_ = std::move(taken.refusal);
  if (taken.second) accuse(*said, std::move(*taken.second), vote.step);
  if (taken.fresh) answer_other_vote(*said, vote, from);
}

/// A vote for another block than the one that this validator was offered: one of both was offered
/// two, or the voter lies. Showing the offer lets the voter prove the former.
void Validator::answer_other_vote(Proceedings& said, const ledger::Vote& vote, Address from) {
  const Held* held = said.offers.find(vote.round);
  if (vote.is_nil() || held == nullptr || held->hash() == vote.block_hash) return;
  if (held->proposal.offer.proposer == index_ && &said == before_.get()) {
    accuse(said, stray_vote(vote, held->proposal.offer), vote.step);
  }
  if (!said.shown.emplace(vote.round, vote.validator).second) return;
  out_.envelopes.push_back({from, held->proposal});
}

/// Only the proposer of a round knows for certain that nothing else was offered in it.
void Validator::accuse_stray_votes() {
  for (const std::uint32_t round : now_->votes.rounds()) {
    const Held* held = now_->offers.find(round);
    if (held == nullptr || held->proposal.offer.proposer != index_) continue;
    for (const ledger::Vote& vote : now_->votes.votes_for_others(round, held->hash())) {
      accuse(*now_, stray_vote(vote, held->proposal.offer), vote.step);
    }
  }
}

void Validator::accuse(Proceedings& said, ledger::Evidence evidence, Step step) {
  if (said.accused.emplace(evidence.kind, evidence.round, evidence.accused, step).second) {
    out_.evidence.push_back(std::move(evidence));
  }
}

void Validator::take(const ledger::Request& request, Address from) {
  if (request.height > height()) return;
  if (const ledger::Committed block = executor_.committed(request.height)) {
    out_.envelopes.push_back({from, block});
  }
}

void Validator::take(const ledger::Committed& committed, Address from) {
  const ledger::Block& block = committed->block;
  if (block.header.turn.height != height() + 1 || ended()) return wait(committed, from);
  auto& verifier = executor_.verifier();
  const auto& state = position_->state;
  auto bad = check_certificate(state.run_id, state.membership, *committed, verifier);
  Executor::Result result;
  if (!bad) {
    result = executor_.check(*position_, block);
    bad = std::move(result.fault);
  }
  if (bad) {
    refusal_ = std::move(bad);
    return;
  }
  close_height(committed, std::move(result.after));
  if (!ended()) out_.envelopes.push_back({from, ledger::Request{height() + 1}});
}

}  // namespace gridtally::consensus
