#pragma once

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "ledger/chain.hpp"

namespace gridtally::audit {

/// Consecutive blocks. Only the last may hold ballots: the keys that judge them are the same.
struct Batch {
  std::vector<ledger::CommittedBlock> blocks;
};

/// Checks form and certificate of every block of a batch on its own threads, one verifier each.
/// `membership` is that before the first. Batch and genesis must outlive it.
class FormChecks {
 public:
  FormChecks(const ledger::Genesis& genesis, const ledger::Digest& run_id,
             ledger::Membership membership, const Batch& batch, unsigned threads);
  /// Waits for the threads. One entry a block: its first fault.
  const std::vector<std::optional<ledger::Fault>>& finish();
  /// Signatures checked; known after finish.
  [[nodiscard]] std::uint64_t signatures() const { return signatures_; }

 private:
  void work();
  std::optional<ledger::Fault> check(std::size_t i, ledger::Verifier& verifier) const;

  const ledger::Genesis& genesis_;
  const ledger::Digest& run_id_;
  ledger::Membership membership_;
  const Batch& batch_;
  std::vector<std::optional<ledger::Fault>> faults_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::uint64_t> signatures_{0};
  std::vector<std::jthread> threads_;
};

}  // namespace gridtally::audit
