#include "audit/form_checks.hpp"

#include <algorithm>

namespace gridtally::audit {

FormChecks::FormChecks(const ledger::Genesis& genesis, const ledger::Digest& run_id,
                       const Batch& batch, unsigned threads)
    : genesis_(genesis), run_id_(run_id), batch_(batch), faults_(batch.blocks.size()) {
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
  const auto& blocks = batch_.blocks;
  const auto parent = i == 0 ? batch_.parent : ledger::block_hash(blocks[i - 1].block.header);
  auto bad = ledger::check_block_form(genesis_, run_id_, parent, blocks[i].block, verifier);
  if (bad) return bad;
  return ledger::check_certificate(genesis_, run_id_, blocks[i], verifier);
}

}  // namespace gridtally::audit
