#include "audit/form_checks.hpp"

#include <algorithm>
#include <utility>

namespace gridtally::audit {

FormChecks::FormChecks(const ledger::Genesis& genesis, const ledger::Digest& run_id,
                       ledger::Membership membership, const Batch& batch, unsigned threads)
    : genesis_(genesis),
      run_id_(run_id),
      membership_(std::move(membership)),
      batch_(batch),
      faults_(batch.blocks.size()) {
  const auto wanted = std::min<std::size_t>(threads, batch.blocks.size());
  for (std::size_t i = 0; i < wanted; ++i) threads_.emplace_back([this] { work(); });
}

const std::vector<std::optional<ledger::Fault>>& FormChecks::finish() {
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  return faults_;
}

void FormChecks::work() {
  ledger::Verifier verifier(1);
  for (std::size_t i = next_++; i < faults_.size(); i = next_++) faults_[i] = check(i, verifier);
  signatures_ += verifier.checks_done();
}

std::optional<ledger::Fault> FormChecks::check(std::size_t i, ledger::Verifier& verifier) const {
  const auto& committed = batch_.blocks[i];
  if (membership_.active().empty()) {
    ledger::Fault fault;
    fault.height = committed.block.header.turn.height;
    fault.what = "validators";
    fault.expected = "no block after the last one was voted out";
    fault.found = "a block";
    return fault;
  }
  auto bad = ledger::check_form(genesis_, run_id_, membership_, committed.block, verifier);
  if (bad) return bad;
  return ledger::check_certificate(run_id_, membership_, committed, verifier);
}

}  // namespace gridtally::audit
