#include "audit/incidents.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace gridtally::audit {

namespace {

constexpr std::size_t most_listed = 12;  // heights or ranges of iterations in one line

/// "3, 4, 9", and how many there are beyond those listed.
template <typename Range, typename Text>
std::string listed(const Range& items, const Text& text_of) {
  std::string text;
  std::size_t count = 0;
  for (const auto& item : items) {
    if (count++ == most_listed) break;
    text += (text.empty() ? "" : ", ") + text_of(item);
  }
  if (items.size() > most_listed) {
    text += " and " + std::to_string(items.size() - most_listed) + " more";
  }
  return text;
}

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string validator_text(const ledger::Membership& membership, std::uint32_t validator) {
  return "validator " + number(validator) + " (key " +
         to_hex(membership.known()[validator].bytes).substr(0, 16) + "…)";
}

/// Whose votes about `candidate` made the change that `block` completed.
std::set<std::uint32_t> voters(const ledger::Membership& before, const ledger::Block& block,
                               const ledger::PublicKey& candidate, bool add) {
  std::set<std::uint32_t> voters;
  for (const auto& vote : before.pending()) {
    if (vote.candidate == candidate) voters.insert(vote.voter);
  }
  for (const auto& ballot : block.ballots) {
    if (ballot.candidate != candidate) continue;
    if (ballot.add == add) {
      voters.insert(ballot.voter);
    } else {
      voters.erase(ballot.voter);
    }
  }
  return voters;
}

}  // namespace

void ChainIncidents::note(const ledger::Membership& before, const ledger::CommittedBlock& committed,
                          const ledger::ContractState& after) {
  note_turns(before, committed);
  if (after.turn.phase == ledger::Phase::trading) note_late(after);
  if (!committed.block.ballots.empty()) note_votes(before, committed.block, after.membership);
  if (after.settled) note_accounts(after);
}

/// Rounds that brought no block: those before the one in which it was made, and those between that
/// and the one that made it final. Proposers repeat after as many rounds as there are members.
void ChainIncidents::note_turns(const ledger::Membership& before,
                                const ledger::CommittedBlock& committed) {
  const std::uint64_t height = committed.block.header.turn.height;
  const std::uint64_t made = committed.block.header.round;
  const std::uint64_t final = committed.certificate.round;
  std::set<std::uint32_t> passed;
  const auto pass = [&](std::uint64_t from, std::uint64_t to) {
    const auto last = std::min<std::uint64_t>(to, from + before.active().size());
    for (auto round = from; round < last; ++round) {
      passed.insert(before.proposer(height, static_cast<std::uint32_t>(round)));
    }
  };
  pass(0, made);
  pass(made + 1, final);
  for (const auto validator : passed) missed_[validator].push_back(height);
}

void ChainIncidents::note_late(const ledger::ContractState& after) {
  const auto k = after.turn.iteration;
  for (std::uint32_t meter = 0; meter < after.decided.size(); ++meter) {
    if (after.decided[meter] == k) continue;
    auto& late = late_[{after.turn.day, meter}];
    if (late.ranges.empty()) late.height = after.turn.height;
    if (!late.ranges.empty() && late.ranges.back().second + 1 == k) {
      late.ranges.back().second = k;
    } else {
      late.ranges.emplace_back(k, k);
    }
    late.most = std::max(late.most, k - after.decided[meter]);
  }
}

void ChainIncidents::note_votes(const ledger::Membership& before, const ledger::Block& block,
                                const ledger::Membership& after) {
  const auto next = block.header.turn.height + 1;
  for (std::uint32_t v = 0; v < after.known().size(); ++v) {
    const bool joined = after.is_active(v);
    if (joined == before.is_active(v)) continue;
    const auto by = voters(before, block, after.known()[v], joined);
    incidents_.push_back({next, validator_text(after, v) + (joined ? " joined" : " left") +
                                    " at height " + number(next) + ", voted " +
                                    (joined ? "in" : "out") + " by " + listed(by, number)});
  }
}

void ChainIncidents::note_accounts(const ledger::ContractState& after) {
  for (std::size_t u = 0; u < after.answers.size(); ++u) {
    if (!after.answers[u].unfunded) continue;
    incidents_.push_back({after.turn.height, genesis_.prosumers[u] + " could not pay on day " +
                                                 number(after.turn.day) +
                                                 ": its trades were cancelled"});
  }
}

std::vector<Incident> ChainIncidents::all(
    const std::set<std::pair<std::uint64_t, std::uint32_t>>& explained) const {
  auto all = incidents_;
  for (const auto& [validator, heights] : missed_) {
    auto left = heights;
    std::erase_if(left, [&, who = validator](std::uint64_t height) {
      return explained.contains({height, who});
    });
    if (left.empty()) continue;
    all.push_back({left.front(), "validator " + number(validator) + " missed its turn" +
                                     (left.size() == 1 ? " at height " : "s at heights ") +
                                     listed(left, number) + " (rounds passed over)"});
  }
  const auto range_text = [](const auto& range) {
    const auto& [first, last] = range;
    return first == last ? number(first) : number(first) + "-" + number(last);
  };
  for (const auto& [place, late] : late_) {
    const bool one = late.ranges.size() == 1 && late.ranges[0].first == late.ranges[0].second;
    all.push_back({late.height, "meter " + number(place.second) + " was late at iteration" +
                                    (one ? " " : "s ") + listed(late.ranges, range_text) +
                                    " of day " + number(place.first) + " (at most " +
                                    number(late.most) + " behind)"});
  }
  return all;
}

}  // namespace gridtally::audit
