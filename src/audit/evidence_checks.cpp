#include "audit/evidence_checks.hpp"

#include <algorithm>
#include <tuple>

#include "base/error.hpp"

namespace gridtally::audit {

namespace {

using ledger::EvidenceKind;

constexpr std::size_t longest_line = 400;  // bytes

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
    if (evidence_[i].kind == EvidenceKind::wrong_block) blocks_.push_back(i);
  }
}

void EvidenceChecks::judge_blocks(const ledger::Tip& tip, const ledger::ContractState& state) {
  while (next_block_ < blocks_.size()) {
    const auto& evidence = evidence_[blocks_[next_block_]];
    if (evidence.height > tip.height() + 1) return;
    ++next_block_;
    judge_block(evidence, tip, state);
  }
}

void EvidenceChecks::judge_block(const ledger::Evidence& evidence, const ledger::Tip& tip,
                                 const ledger::ContractState& state) {
  const auto& members = state.membership;
  auto bad = ledger::check_evidence(genesis_, run_id_, members, evidence, verifier_);
  if (bad) return refuse(evidence, bad->expected, bad->found);
  if (evidence.height <= tip.height()) return refuse(evidence, "height 1 or above", "height 0");
  if (members.active().empty()) return refuse(evidence, "a validator", "none is left");
  try {
    bad = ledger::fault_of_block(genesis_, tip, state, evidence, verifier_);
  } catch (const Error& error) {
    return accept(evidence, std::string(": ") + error.what());
  }
  if (!bad) return refuse(evidence, "a wrong block", "a good one");
  accept(evidence, ": " + bad->what + ": expected " + bad->expected + ", found " + bad->found);
}

void EvidenceChecks::finish(const ledger::Tip& tip, const ledger::ContractState& state) {
  judge_blocks(tip, state);
  for (; next_block_ < blocks_.size(); ++next_block_) {
    accept(evidence_[blocks_[next_block_]],
           ", says evidence that nobody can judge: the chain here ends before");
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
  if (evidence.kind == EvidenceKind::two_offers) doubled_.insert({evidence.height, evidence.round});
  if (evidence.kind == EvidenceKind::stray_vote && is_void(evidence)) {
    return accept(evidence, "; that is void: two blocks were offered in this round");
  }
  accept(evidence);
}

/// A vote for a block other than the one offered says nothing when there were two.
bool EvidenceChecks::is_void(const ledger::Evidence& evidence) const {
  return doubled_.contains({evidence.height, evidence.round});
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
