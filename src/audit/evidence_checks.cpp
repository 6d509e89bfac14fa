#include "audit/evidence_checks.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <tuple>

#include "base/error.hpp"

namespace gridtally::audit {

namespace {

using ledger::EvidenceKind;

constexpr std::size_t longest_line = 400;  // bytes
constexpr auto nobody = std::numeric_limits<std::uint32_t>::max();
constexpr std::string_view left_out =
    ", says evidence that nobody can judge: the archive leaves out the decisions before";
constexpr std::string_view beyond_the_chain =
    ", says evidence that nobody can judge: the chain here ends before";

auto order(const ledger::Evidence& evidence) {
  return std::tuple(evidence.height, evidence.kind, evidence.round, evidence.accused);
}

/// Evidence may quote what a stranger sent: one line of plain letters.
std::string printable(std::string text) {
  for (char& letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    if (code < 0x20 || code == 0x7f) letter = '?';
  }
  if (text.size() > longest_line) text = text.substr(0, longest_line) + "…";
  return text;
}

bool accuses_validator(EvidenceKind kind) { return kind < EvidenceKind::refused_transaction; }

}  // namespace

EvidenceChecks::EvidenceChecks(const ledger::Genesis& genesis, const ledger::Digest& run_id,
                               std::vector<ledger::Evidence> evidence)
    : genesis_(genesis), run_id_(run_id), evidence_(std::move(evidence)), verifier_(1) {
  std::stable_sort(evidence_.begin(), evidence_.end(),
                   [](const auto& a, const auto& b) { return order(a) < order(b); });
  for (std::size_t i = 0; i < evidence_.size(); ++i) {
    const auto& piece = evidence_[i];
    if (piece.kind == EvidenceKind::wrong_block) blocks_.push_back(i);
    if (piece.kind == EvidenceKind::stray_vote) heights_[piece.height].due[piece.round] = nobody;
  }
}

void EvidenceChecks::pass(const ledger::Tip& tip, const ledger::ContractState& state,
                          bool knows_iterate) {
  const auto last = heights_.find(tip.height());
  if (last != heights_.end()) last->second.committed = tip.head;
  const auto next = heights_.find(tip.height() + 1);
  if (next != heights_.end() && !state.membership.active().empty()) {
    for (auto& [round, due] : next->second.due) {
      due = state.membership.proposer(tip.height() + 1, round);
    }
  }
  while (next_block_ < blocks_.size()) {
    const auto& evidence = evidence_[blocks_[next_block_]];
    if (evidence.height > tip.height() + 1) return;
    ++next_block_;
    judge_block(evidence, tip, state, knows_iterate);
  }
}

void EvidenceChecks::judge_block(const ledger::Evidence& evidence, const ledger::Tip& tip,
                                 const ledger::ContractState& state, bool knows_iterate) {
  const auto& members = state.membership;
  auto bad = ledger::check_evidence(genesis_, run_id_, members, evidence, verifier_);
  if (bad) return refuse(evidence, bad->expected, bad->found);
  if (evidence.height <= tip.height()) return refuse(evidence, "height 1 or above", "height 0");
  if (members.active().empty()) return refuse(evidence, "a validator", "none is left");
  if (!knows_iterate) return accept(evidence, std::string(left_out));
  try {
    bad = ledger::fault_of_block(genesis_, tip, state, evidence, verifier_);
  } catch (const Error& error) {
    return accept(evidence, std::string(": ") + error.what());
  }
  if (!bad) return refuse(evidence, "a wrong block", "a good one");
  accept(evidence, ": " + bad->what + ": expected " + bad->expected + ", found " + bad->found);
}

void EvidenceChecks::finish(const ledger::Tip& tip, const ledger::ContractState& state) {
  pass(tip, state);
  for (; next_block_ < blocks_.size(); ++next_block_) {
    accept(evidence_[blocks_[next_block_]], std::string(beyond_the_chain));
  }
  for (const auto& evidence : evidence_) {
    if (evidence.kind != EvidenceKind::wrong_block) judge(evidence, state.membership);
  }
  std::stable_sort(incidents_.begin(), incidents_.end(),
                   [](const auto& a, const auto& b) { return a.height < b.height; });
}

void EvidenceChecks::judge(const ledger::Evidence& evidence, const ledger::Membership& membership) {
  if (auto bad = ledger::check_evidence(genesis_, run_id_, membership, evidence, verifier_)) {
    return refuse(evidence, bad->expected, bad->found);
  }
  if (evidence.kind == EvidenceKind::two_offers) {
    doubled_.insert({evidence.height, evidence.round, evidence.accused});
  }
  if (evidence.kind == EvidenceKind::stray_vote) return judge_vote(evidence);
  accept(evidence);
}

/// A stray vote is one for a block that the round's proposer did not offer. Another's offer shows
/// nothing; nor does any where the proposer is known to have made two, or the block was committed.
void EvidenceChecks::judge_vote(const ledger::Evidence& evidence) {
  const auto& height = heights_.at(evidence.height);
  const auto due = height.due.at(evidence.round);
  const auto vote = ledger::decode_vote(evidence.first);
  const auto offer = ledger::decode_offer(evidence.second);
  if (due == nobody) return accept(evidence, std::string(beyond_the_chain));
  if (offer.proposer != due) {
    return refuse(evidence, "an offer of validator " + std::to_string(due) + ", whose turn it was",
                  "one of validator " + std::to_string(offer.proposer));
  }
  if (doubled_.contains({evidence.height, evidence.round, due})) {
    return accept(evidence, "; that is void: two blocks were offered in this round");
  }
  if (vote.block_hash == height.committed) {
    return accept(evidence, "; that is void: the block was committed");
  }
  accept(evidence);
}

void EvidenceChecks::accept(const ledger::Evidence& evidence, const std::string& rest) {
  if (evidence.kind == EvidenceKind::two_offers || evidence.kind == EvidenceKind::wrong_block) {
    offers_.insert({evidence.height, evidence.accused});
  }
  incidents_.push_back({evidence.height, printable(ledger::describe(evidence) + rest)});
}

void EvidenceChecks::refuse(const ledger::Evidence& evidence, std::string expected,
                            std::string found) {
  Finding finding;
  finding.height = evidence.height;
  if (!accuses_validator(evidence.kind)) finding.meter = evidence.accused;
  finding.what = "false evidence (" + std::string(name(evidence.kind)) + ") against " +
                 (accuses_validator(evidence.kind) ? "validator " : "meter ") +
                 std::to_string(evidence.accused);
  finding.expected = printable(std::move(expected));
  finding.found = printable(std::move(found));
  if (!finding_ || *finding.height < *finding_->height) finding_ = std::move(finding);
}

}  // namespace gridtally::audit
