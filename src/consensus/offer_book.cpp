#include "consensus/offer_book.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace gridtally::consensus {

using ledger::Offer;
using ledger::Proposal;

OfferBook::OfferBook(const Committee& committee, Executor& executor)
    : committee_(committee), executor_(executor) {}

OfferBook::Refusal OfferBook::unfit(const Proposal& proposal) const {
  const Offer& offer = proposal.offer;
  const ledger::Header& header = proposal.block->header;
  if (offer.run_id != committee_.run_id) {
    return committee_.refusal("offer's run id", to_hex(committee_.run_id), to_hex(offer.run_id));
  }
  if (offer.height != committee_.height || header.turn.height != committee_.height) {
    return committee_.refusal(
        "height of an offer and its block", std::to_string(committee_.height),
        std::to_string(offer.height) + " and " + std::to_string(header.turn.height));
  }
  const ledger::Digest hash = block_hash(header);
  if (offer.block_hash == hash) return wrong_turn(proposal);
  return committee_.refusal("offered block", to_hex(offer.block_hash), to_hex(hash));
}

OfferBook::Refusal OfferBook::wrong_turn(const Proposal& proposal) const {
  const Offer& offer = proposal.offer;
  const ledger::Header& header = proposal.block->header;
  const auto& membership = committee_.membership;
  if (membership.active().empty()) return committee_.refusal("offer", "none: no member", "one");
  const std::uint32_t due = membership.proposer(offer.height, offer.round);
  if (offer.proposer != due) {
    return committee_.refusal("offer's proposer in round " + std::to_string(offer.round),
                              std::to_string(due), std::to_string(offer.proposer));
  }
  if (!offer.valid_round) {
    if (header.round == offer.round && header.proposer == offer.proposer) return std::nullopt;
    return committee_.refusal(
        "round and author of a new block",
        std::to_string(offer.round) + " and " + std::to_string(due),
        std::to_string(header.round) + " and " + std::to_string(header.proposer));
  }
  if (*offer.valid_round < offer.round && header.round <= *offer.valid_round) return std::nullopt;
  return committee_.refusal(
      "round of the prevotes for a block offered again",
      "from " + std::to_string(header.round) + " to before " + std::to_string(offer.round),
      std::to_string(*offer.valid_round));
}

OfferBook::Refusal OfferBook::bad_signature(const Offer& offer) const {
  if (committee_.signed_by(offer.proposer, signed_bytes(offer), offer.signature,
                           executor_.verifier())) {
    return std::nullopt;
  }
  return committee_.refusal("offer's signature",
                            "a good one of validator " + std::to_string(offer.proposer),
                            "a bad one");
}

OfferBook::Refusal OfferBook::bad_prevotes(const Proposal& proposal) const {
  const Offer& offer = proposal.offer;
  const std::size_t needed = offer.valid_round ? committee_.quorum() : 0;
  const std::size_t most = offer.valid_round ? committee_.membership.active().size() : 0;
  if (proposal.prevotes.size() < needed || proposal.prevotes.size() > most) {
    return committee_.refusal("prevotes with an offer", std::to_string(needed),
                              std::to_string(proposal.prevotes.size()));
  }
  std::uint64_t least = 0;
  for (const auto& [validator, signature] : proposal.prevotes) {
    const ledger::Vote vote{ledger::Step::prevote, offer.run_id, offer.height, *offer.valid_round,
                            offer.block_hash,      validator,    signature};
    if (validator < least || !committee_.membership.is_active(validator) ||
        !committee_.signed_by(validator, signed_bytes(vote), signature, executor_.verifier())) {
      return committee_.refusal("prevotes with an offer", "of members, ascending, well signed",
                                "that of validator " + std::to_string(validator));
    }
    least = std::uint64_t{validator} + 1;
  }
  return std::nullopt;
}

bool OfferBook::make_room(const Offer& offer, std::uint32_t present) {
  if (offer.round <= present) return true;
  std::vector<std::uint32_t> taken;
  for (auto it = held_.upper_bound(present); it != held_.end(); ++it) {
    if (it->second.proposal.offer.proposer == offer.proposer) taken.push_back(it->first);
  }
  if (taken.size() < rounds_ahead) return true;
  if (offer.round < taken.front()) return false;
  held_.erase(taken.front());
  return true;
}

OfferBook::Taken OfferBook::take(const Proposal& proposal, std::uint32_t present_round) {
  const Offer& offer = proposal.offer;
  if (auto bad = unfit(proposal)) return {false, std::move(bad), {}};
  if (Held* held = find(offer.round)) return compare(*held, proposal);
  if (auto bad = bad_signature(offer)) return {false, std::move(bad), {}};
  if (!executor_.is_authentic(committee_.membership, proposal.block)) {
    return {false, committee_.refusal("offered block", "its author's, unchanged", "another"), {}};
  }
  if (auto bad = bad_prevotes(proposal)) return {false, std::move(bad), {}};
  if (!make_room(offer, present_round)) {
    return {false,
            committee_.refusal("round of an offer", "one of the proposer's latest",
                               std::to_string(offer.round)),
            {}};
  }
  put(proposal);
  return {true, {}, {}};
}

OfferBook::Taken OfferBook::compare(Held& held, const Proposal& proposal) {
  if (held.contradicted || held.hash() == proposal.offer.block_hash) return {};
  if (auto bad = bad_signature(proposal.offer)) return {false, std::move(bad), {}};
  held.contradicted = true;
  return {false, {}, two_offers(held.proposal, proposal)};
}

void OfferBook::put(const Proposal& proposal) {
  held_.emplace(proposal.offer.round, Held{proposal, false, nullptr, false});
}

void OfferBook::begin_round(std::uint32_t round, const std::optional<ledger::Digest>& protect) {
  std::erase_if(held_, [&](const auto& entry) {
    const bool old = std::uint64_t{entry.first} + rounds_behind < round;
    return old && !(protect && entry.second.hash() == *protect);
  });
}

Held* OfferBook::find(std::uint32_t round) {
  const auto found = held_.find(round);
  return found == held_.end() ? nullptr : &found->second;
}

Held* OfferBook::find(const ledger::Digest& block) {
  const auto has = [&](const auto& entry) { return entry.second.hash() == block; };
  const auto found = std::find_if(held_.begin(), held_.end(), has);
  return found == held_.end() ? nullptr : &found->second;
}

}  // namespace gridtally::consensus
