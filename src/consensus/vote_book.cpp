#include "consensus/vote_book.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/text.hpp"

namespace gridtally::consensus {

using ledger::Step;
using ledger::Vote;

namespace {

constexpr std::size_t index_of(Step step) { return static_cast<std::size_t>(step); }

}  // namespace

VoteBook::VoteBook(const Committee& committee, ledger::Verifier& verifier)
    : committee_(committee), verifier_(verifier) {}

bool VoteBook::good(const Vote& vote) const {
  return committee_.signed_by(vote.validator, signed_bytes(vote), vote.signature, verifier_);
}

const VoteBook::Tally* VoteBook::find(std::uint32_t round, Step step) const {
  const auto found = rounds_.find(round);
  return found == rounds_.end() ? nullptr : &found->second[index_of(step)];
}

ledger::Fault VoteBook::bad_signature(const Vote& vote) const {
  return committee_.refusal(
      "vote's signature", "a good one of validator " + std::to_string(vote.validator), "a bad one");
}

std::optional<ledger::Fault> VoteBook::unfit(const Vote& vote) const {
  if (vote.run_id != committee_.run_id) {
    return committee_.refusal("vote's run id", to_hex(committee_.run_id), to_hex(vote.run_id));
  }
  if (vote.height != committee_.height) {
    return committee_.refusal("vote's height", std::to_string(committee_.height),
                              std::to_string(vote.height));
  }
  if (committee_.membership.is_active(vote.validator)) return std::nullopt;
  return committee_.refusal("vote's validator", "a member", std::to_string(vote.validator));
}

std::vector<std::uint32_t> VoteBook::rounds_after(std::uint32_t present,
                                                  std::uint32_t member) const {
  std::vector<std::uint32_t> out;
  for (auto it = rounds_.upper_bound(present); it != rounds_.end(); ++it) {
    const auto holds = [&](const Tally& tally) { return tally.slots.contains(member); };
    if (std::any_of(it->second.begin(), it->second.end(), holds)) out.push_back(it->first);
  }
  return out;
}

bool VoteBook::too_far(const Vote& vote, std::uint32_t present) const {
  if (vote.round <= present) return false;
  const auto taken = rounds_after(present, vote.validator);
  return taken.size() >= rounds_ahead && vote.round < taken.front();
}

void VoteBook::make_room(const Vote& vote, std::uint32_t present) {
  if (vote.round <= present) return;
  const auto taken = rounds_after(present, vote.validator);
  if (taken.size() < rounds_ahead) return;
  if (std::find(taken.begin(), taken.end(), vote.round) != taken.end()) return;
  const auto oldest = rounds_.find(taken.front());
  for (Tally& tally : oldest->second) tally.slots.erase(vote.validator);
  const auto empty = [](const Tally& tally) { return tally.slots.empty(); };
  if (std::all_of(oldest->second.begin(), oldest->second.end(), empty)) rounds_.erase(oldest);
}

VoteBook::Taken VoteBook::take(const Vote& vote, std::uint32_t present_round) {
  if (auto fault = unfit(vote)) return {false, std::move(fault), {}};
  const auto round = rounds_.find(vote.round);
  if (round != rounds_.end()) {
    Tally& tally = round->second[index_of(vote.step)];
    const auto slot = tally.slots.find(vote.validator);
    if (slot != tally.slots.end()) return compare(tally, slot->second, vote);
  }
  if (too_far(vote, present_round)) {
    return {false,
            committee_.refusal("round of a vote", "one of the member's latest",
                               std::to_string(vote.round)),
            {}};
  }
  return insert(vote, present_round);
}

VoteBook::Taken VoteBook::insert(const Vote& vote, std::uint32_t present) {
  const Tally* known = find(vote.round, vote.step);
  const bool matters =
      known == nullptr || !known->decided || (!vote.is_nil() && vote.block_hash != *known->decided);
  if (matters && !good(vote)) return {false, bad_signature(vote), {}};
  make_room(vote, present);
  Tally& tally = rounds_[vote.round][index_of(vote.step)];
  Slot& slot = tally.slots[vote.validator];
  slot.vote = vote;
  if (matters) count(tally, slot);
  return {matters, {}, {}};
}

void VoteBook::put(const Vote& vote) {
  Tally& tally = rounds_[vote.round][index_of(vote.step)];
  const auto [slot, fresh] = tally.slots.try_emplace(vote.validator, Slot{vote, false, false});
  if (fresh) count(tally, slot->second);
}

VoteBook::Taken VoteBook::compare(Tally& tally, Slot& slot, const Vote& vote) {
  const bool same_block = vote.block_hash == slot.vote.block_hash;
  if (same_block && (slot.checked || vote == slot.vote)) return {};
  const bool of_use = votes_for(tally, vote.block_hash) >= committee_.one_honest() &&
                      !tally.others.contains({vote.block_hash, vote.validator});
  if (slot.contradicted && !of_use) return {};
  if (!good(vote)) return {false, bad_signature(vote), {}};
  if (!slot.checked && (same_block || !good(slot.vote))) {
    slot.vote = vote;
    count(tally, slot);
    return {true, {}, {}};
  }
  if (!slot.checked) count(tally, slot);
  if (of_use) {
    tally.others.emplace(std::pair(vote.block_hash, vote.validator), vote);
    decide(tally, vote.block_hash);
  }
  return contradict(slot, vote);
}

VoteBook::Taken VoteBook::contradict(Slot& slot, const Vote& vote) {
  if (std::exchange(slot.contradicted, true)) return {};
  return {false, {}, two_votes(slot.vote, vote)};
}

std::uint32_t VoteBook::votes_for(const Tally& tally, const ledger::Digest& block) {
  std::uint32_t votes = 0;
  for (const auto& [member, slot] : tally.slots) {
    votes += slot.checked && slot.vote.block_hash == block ? 1 : 0;
  }
  for (const auto& [key, vote] : tally.others) votes += key.first == block ? 1 : 0;
  return votes;
}

void VoteBook::count(Tally& tally, Slot& slot) {
  slot.checked = true;
  hear(slot.vote.validator, slot.vote.round);
  decide(tally, slot.vote.block_hash);
}

void VoteBook::decide(Tally& tally, const ledger::Digest& block) {
  if (!tally.decided && votes_for(tally, block) >= committee_.quorum()) tally.decided = block;
}

void VoteBook::hear(std::uint32_t member, std::uint32_t round) {
  std::uint32_t& latest = heard_[member];
  latest = std::max(latest, round);
}

std::optional<ledger::Digest> VoteBook::decided(std::uint32_t round, Step step) const {
  const Tally* tally = find(round, step);
  return tally == nullptr ? std::nullopt : tally->decided;
}

std::uint32_t VoteBook::spoken(std::uint32_t round, Step step) const {
  std::uint32_t members = 0;
  for (const auto& [member, latest] : heard_) {
    const auto has = [&, voter = member](Step which) {
      const Tally* tally = find(round, which);
      if (tally == nullptr) return false;
      const auto slot = tally->slots.find(voter);
      return slot != tally->slots.end() && slot->second.checked;
    };
    const bool came =
        latest > round || has(step) || (step == Step::prevote && has(Step::precommit));
    members += came ? 1 : 0;
  }
  return members;
}

std::uint32_t VoteBook::reached() const {
  std::vector<std::uint32_t> latest;
  latest.reserve(heard_.size());
  for (const auto& [member, round] : heard_) latest.push_back(round);
  const std::size_t needed = committee_.one_honest();
  if (latest.size() < needed) return 0;
  const auto nth = latest.begin() + static_cast<std::ptrdiff_t>(needed - 1);
  std::nth_element(latest.begin(), nth, latest.end(), std::greater<>());
  return *nth;
}

std::optional<std::uint32_t> VoteBook::heard(std::uint32_t member) const {
  const auto found = heard_.find(member);
  if (found == heard_.end()) return std::nullopt;
  return found->second;
}

bool VoteBook::voted(std::uint32_t member, std::uint32_t round) const {
  const auto found = rounds_.find(round);
  if (found == rounds_.end()) return false;
  const auto holds = [&](const Tally& tally) {
    const auto slot = tally.slots.find(member);
    return slot != tally.slots.end() && (slot->second.checked || good(slot->second.vote));
  };
  return std::any_of(found->second.begin(), found->second.end(), holds);
}

std::vector<std::uint32_t> VoteBook::rounds() const {
  std::vector<std::uint32_t> out;
  out.reserve(rounds_.size());
  for (const auto& [round, tallies] : rounds_) out.push_back(round);
  return out;
}

std::vector<ledger::Certificate::Entry> VoteBook::signatures(std::uint32_t round, Step step,
                                                             const ledger::Digest& block,
                                                             bool unchecked) const {
  const Tally* tally = find(round, step);
  if (tally == nullptr) return {};
  std::map<std::uint32_t, ledger::Signature> found;
  for (const auto& [member, slot] : tally->slots) {
    if (slot.vote.block_hash != block) continue;
    if (slot.checked || (unchecked && good(slot.vote))) found[member] = slot.vote.signature;
  }
  for (const auto& [key, vote] : tally->others) {
    if (key.first == block) found[key.second] = vote.signature;
  }
  std::vector<ledger::Certificate::Entry> out;
  out.reserve(found.size());
  for (const auto& [member, signature] : found) out.push_back({member, signature});
  return out;
}

std::vector<ledger::Certificate::Entry> VoteBook::checked(std::uint32_t round, Step step,
                                                          const ledger::Digest& block) const {
  return signatures(round, step, block, false);
}

std::vector<ledger::Certificate::Entry> VoteBook::all(std::uint32_t round, Step step,
                                                      const ledger::Digest& block) const {
  return signatures(round, step, block, true);
}

std::vector<Vote> VoteBook::votes_for_others(std::uint32_t round,
                                             const ledger::Digest& block) const {
  std::vector<Vote> out;
  const auto found = rounds_.find(round);
  if (found == rounds_.end()) return out;
  for (const Tally& tally : found->second) {
    for (const auto& [member, slot] : tally.slots) {
      const bool other = !slot.vote.is_nil() && slot.vote.block_hash != block;
      if (other && (slot.checked || good(slot.vote))) out.push_back(slot.vote);
    }
  }
  return out;
}

}  // namespace gridtally::consensus
