#include "consensus/adversary.hpp"

#include <algorithm>

namespace gridtally::consensus {

using ledger::Digest;
using ledger::Message;
using ledger::Proposal;
using ledger::Step;
using ledger::Vote;

std::vector<ledger::SignedTransaction> transactions_of(const ledger::TinyMarket& market,
                                                       const ledger::ContractState& state,
                                                       int variant) {
  std::vector<ledger::SignedTransaction> out;
  for (std::uint32_t m = 0; m < market.meter_keys.size(); ++m) {
    ledger::Transaction draft = market.draft(state, m);
    if (!draft.decisions.empty()) draft.decisions[0].numbers[0] += 0.25 * variant;
    if (!draft.acceptances.empty()) draft.acceptances[0].cost += variant;
    out.push_back(sign_transaction(std::move(draft), market.meter_keys[m]));
  }
  return out;
}

Adversary::Adversary(const ledger::TinyMarket& market, std::vector<std::uint32_t> faulty,
                     std::vector<std::uint32_t> honest, std::mt19937& random, Tally& tally,
                     Send send)
    : market_(market),
      faulty_(std::move(faulty)),
      honest_(std::move(honest)),
      random_(random),
      tally_(tally),
      send_(std::move(send)),
      determined_(random() % 4 == 0) {}

std::uint32_t Adversary::below(std::size_t bound) {
  return static_cast<std::uint32_t>(random_() % bound);
}
bool Adversary::chance(double probability) {
  return static_cast<double>(random_() % 10000) < probability * 10000;
}
void Adversary::note(Incident incident) { ++tally_[static_cast<std::size_t>(incident)]; }

const ledger::SecretKey& Adversary::key(std::uint32_t validator) const {
  return market_.validator_keys[validator];
}

void Adversary::send_some(const Message& message, double probability) {
  for (const std::uint32_t to : honest_) {
    if (chance(probability)) send_(to, message);
  }
}

void Adversary::overhear(const Message& message) {
  if (heard_.size() < 300) heard_.push_back(message);
  if (const auto* proposal = std::get_if<Proposal>(&message)) {
    auto& offers = offers_[{proposal->offer.height, proposal->offer.round}];
    if (offers.size() < 4) offers.push_back(*proposal);
  }
  const auto* vote = std::get_if<Vote>(&message);
  if (vote == nullptr || vote->step == Step::precommit || vote->is_nil()) return;
  prevotes_[{{vote->height, vote->round}, vote->block_hash}][vote->validator] = vote->signature;
}

Proposal Adversary::make_offer(const Position& position, std::uint32_t round,
                               std::uint32_t proposer, int variant) {
  auto [block, state] = make_block(
      market_.genesis, position.tip, position.state,
      {proposer, round, transactions_of(market_, position.state, variant), {}}, key(proposer));
  ledger::Offer offer;
  offer.run_id = position.state.run_id;
  offer.height = block.header.turn.height;
  offer.round = round;
  offer.block_hash = block_hash(block.header);
  offer.proposer = proposer;
  Proposal out{sign_offer(offer, key(proposer)), {}, nullptr};
  out.block = std::make_shared<const ledger::Block>(std::move(block));
  offers_[{offer.height, round}].push_back(out);
  return out;
}

Proposal Adversary::offer_again(Proposal proposal, std::uint32_t round, std::uint32_t valid_round,
                                std::uint32_t proposer) const {
  proposal.offer.round = round;
  proposal.offer.valid_round = valid_round;
  proposal.offer.proposer = proposer;
  proposal.offer = sign_offer(proposal.offer, key(proposer));
  return proposal;
}

void Adversary::offer(const SharedPosition& position, std::uint32_t round) {
  const std::uint32_t due = position->state.membership.proposer(position->tip.height() + 1, round);
  if (std::find(faulty_.begin(), faulty_.end(), due) != faulty_.end()) {
    offer_as(*position, round, due);
  }
}

void Adversary::offer_as(const Position& position, std::uint32_t round, std::uint32_t proposer) {
  const std::uint32_t plan = determined_ && round > 0 ? 8 : below(10);
  if (plan == 0) return note(Incident::offer_withheld);
  if (plan <= 3) return equivocate(position, round, proposer);
  if (plan == 4) return offer_wrong_root(position, round, proposer);
  if (plan == 5 && offer_with_prevotes(position, round, proposer)) return;
  if (plan <= 8 && round > 0) return offer_with_forged_prevotes(position, round, proposer);
  note(Incident::offer_to_some);
  send_some(make_offer(position, round, proposer, static_cast<int>(below(3))), 0.7);
}

void Adversary::equivocate(const Position& position, std::uint32_t round, std::uint32_t proposer) {
  note(Incident::two_offers);
  const Proposal one = make_offer(position, round, proposer, 1);
  const Proposal other = make_offer(position, round, proposer, 2);
  for (const std::uint32_t to : honest_) {
    const bool both = chance(0.1);
    const bool first = chance(0.5);
    if (both || first) send_(to, one);
    if (both || !first) send_(to, other);
  }
}

void Adversary::offer_wrong_root(const Position& position, std::uint32_t round,
                                 std::uint32_t proposer) {
  note(Incident::wrong_state_root);
  Proposal bad = make_offer(position, round, proposer, 0);
  auto block = std::make_shared<ledger::Block>(*bad.block);
  block->header.state_root = Digest{7};
  bad.offer.block_hash = block_hash(block->header);
  block->proposer_signature = key(proposer).sign(ledger::proposal_bytes(bad.offer.block_hash));
  bad.offer = sign_offer(bad.offer, key(proposer));
  bad.block = std::move(block);
  send_some(bad, 0.9);
}

/// What an honest proposer might do, to some only.
bool Adversary::offer_with_prevotes(const Position& position, std::uint32_t round,
                                    std::uint32_t proposer) {
  const std::uint64_t height = position.tip.height() + 1;
  for (const auto& [key, votes] : prevotes_) {
    const auto& [place, hash] = key;
    if (place.height != height || place.round >= round) continue;
    for (const Proposal& known : offers_[place]) {
      if (known.offer.block_hash != hash) continue;
      std::map<std::uint32_t, ledger::Signature> all = votes;
      for (const std::uint32_t voter : faulty_) {
        all[voter] = make_vote(position, place.round, Step::prevote, hash, voter).signature;
      }
      if (all.size() < position.state.membership.quorum()) continue;
      Proposal again = offer_again(known, round, place.round, proposer);
      again.prevotes.clear();
      for (const auto& [voter, signature] : all) again.prevotes.push_back({voter, signature});
      note(Incident::valid_block_offered_again);
      offers_[{height, round}].push_back(again);
      send_some(again, 0.7);
      return true;
    }
  }
  return false;
}

/// A block that may have been offered by then: one made now, as if in a round of its own, else any.
Proposal Adversary::older_offer(const Position& position, std::uint32_t last,
                                std::uint32_t proposer) {
  const std::uint64_t height = position.tip.height() + 1;
  for (std::uint32_t round = 0; round <= last; ++round) {
    if (position.state.membership.proposer(height, round) == proposer) {
      return make_offer(position, round, proposer, 1 + static_cast<int>(below(2)));
    }
  }
  const auto& known = offers_[{height, below(last + 1)}];
  return known.empty() ? Proposal{} : known[below(known.size())];
}

void Adversary::offer_with_forged_prevotes(const Position& position, std::uint32_t round,
                                           std::uint32_t proposer) {
  note(Incident::prevotes_forged);
  const std::uint64_t height = position.tip.height() + 1;
  const std::uint32_t valid_round = chance(0.7) ? round - 1 : below(round);
  const Proposal base = older_offer(position, valid_round, proposer);
  if (base.block == nullptr) return;
  Proposal again = offer_again(base, round, valid_round, proposer);
  again.prevotes.clear();
  const bool doubled = chance(0.3);
  for (const std::uint32_t voter : position.state.membership.active()) {
    const bool own = std::find(faulty_.begin(), faulty_.end(), voter) != faulty_.end();
    const std::uint32_t signer = own ? voter : faulty_.front();
    Vote vote = make_vote(position, valid_round, Step::prevote, base.offer.block_hash, signer);
    if (own || chance(0.8)) again.prevotes.push_back({doubled ? signer : voter, vote.signature});
  }
  offers_[{height, round}].push_back(again);
  send_some(again, 0.9);
}

Vote Adversary::make_vote(const Position& position, std::uint32_t round, Step step,
                          const Digest& block, std::uint32_t voter) const {
  return sign_vote(
      {step, position.state.run_id, position.tip.height() + 1, round, block, voter, {}},
      key(voter));
}

/// Mostly what was offered in that round; else what was offered before, or what never was.
Digest Adversary::any_block(Place place) {
  const auto& here = offers_[place];
  if (!here.empty() && chance(0.85)) return here[below(here.size())].offer.block_hash;
  const Place earlier{place.height, place.round == 0 ? 0 : below(place.round)};
  const auto& there = offers_[earlier];
  if (!there.empty() && chance(0.8)) return there[below(there.size())].offer.block_hash;
  note(Incident::vote_stray);
  return Digest{static_cast<std::uint8_t>(below(200) + 1), 9};
}

void Adversary::vote(const SharedPosition& position, std::uint32_t round, Step step) {
  for (const std::uint32_t voter : faulty_) vote_as(*position, round, step, voter);
}

void Adversary::vote_as(const Position& position, std::uint32_t round, Step step,
                        std::uint32_t voter) {
  const Place place{position.tip.height() + 1, round};
  const auto make = [&](const Digest& block) {
    return make_vote(position, round, step, block, voter);
  };
  if (determined_ && !offers_[place].empty()) {
    return send_some(make(offers_[place].back().offer.block_hash), 1.0);
  }
  const std::uint32_t plan = below(10);
  if (plan == 0) return note(Incident::vote_withheld);
  if (plan == 1) {
    note(Incident::vote_nil);
    return send_some(make({}), 0.9);
  }
  if (plan <= 3) return send_some(make(any_block(place)), 0.9);
  if (plan <= 6) {
    note(Incident::vote_to_one);
    return send_(honest_[below(honest_.size())], make(any_block(place)));
  }
  note(Incident::two_votes);
  const Vote one = make(any_block(place));
  const Vote other = make(chance(0.5) ? Digest{} : any_block(place));
  for (const std::uint32_t to : honest_) {
    const bool both = chance(0.1);
    const bool first = chance(0.5);
    if (both || first) send_(to, one);
    if (both || !first) send_(to, other);
  }
}

void Adversary::disturb(const SharedPosition& position, std::uint32_t round) {
  switch (below(5)) {
    case 0:
      return forge_vote(*position, round);
    case 1:
      return forge_certificate(*position, round);
    case 2:
      return spam_rounds(*position, round);
    case 3:
      return change_body(*position);
    default:
      return replay();
  }
}

void Adversary::forge_vote(const Position& position, std::uint32_t round) {
  note(Incident::vote_forged);
  Vote vote = make_vote(position, round, chance(0.5) ? Step::prevote : Step::precommit,
                        any_block({position.tip.height() + 1, round}), faulty_.front());
  vote.validator = honest_[below(honest_.size())];
  send_some(vote, 0.8);
}

void Adversary::forge_certificate(const Position& position, std::uint32_t round) {
  note(Incident::certificate_forged);
  const Proposal bad = make_offer(position, round, faulty_.front(), 3);
  auto committed = std::make_shared<ledger::CommittedBlock>();
  committed->block = *bad.block;
  committed->certificate = {round, bad.offer.block_hash, {}};
  const bool repeat = chance(0.5);
  for (const std::uint32_t member : position.state.membership.active()) {
    const std::uint32_t voter = faulty_[below(faulty_.size())];
    const Vote vote = make_vote(position, round, Step::precommit, bad.offer.block_hash, voter);
    committed->certificate.precommits.push_back({repeat ? voter : member, vote.signature});
  }
  send_some(ledger::Committed(committed), 0.8);
}

void Adversary::spam_rounds(const Position& position, std::uint32_t round) {
  note(Incident::rounds_spammed);
  const std::uint32_t voter = faulty_[below(faulty_.size())];
  for (std::uint32_t ahead = 1; ahead <= 4; ++ahead) {
    const std::uint32_t far = round + ahead * (1 + below(1000));
    send_some(make_vote(position, far, Step::prevote, {}, voter), 0.8);
  }
}

/// An honest offer under which something else stands.
void Adversary::change_body(const Position& position) {
  std::vector<Proposal> known;
  for (const auto& [place, offers] : offers_)
    known.insert(known.end(), offers.begin(), offers.end());
  if (known.empty()) return;
  note(Incident::body_changed);
  Proposal changed = known[below(known.size())];
  auto block = std::make_shared<ledger::Block>(*changed.block);
  if (chance(0.5)) {
    block->transactions = transactions_of(market_, position.state, 5);
  } else {
    block->proposer_signature.bytes[3] ^= 1;
  }
  changed.block = std::move(block);
  send_some(changed, 0.8);
}

void Adversary::replay() {
  if (heard_.empty()) return;
  note(Incident::message_replayed);
  send_some(heard_[below(heard_.size())], 0.7);
}

}  // namespace gridtally::consensus
