#pragma once

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "audit/share.hpp"
#include "ledger/chain.hpp"

namespace gridtally::audit {

/// Checks form and certificate of consecutive blocks on several threads, large blocks in pieces.
/// Signatures are checked of the blocks in `share` only, and those of transactions only where the
/// block holds everyone's word (ledger::LatestWords) or `every_signature` is set; all else of every
/// block. `membership` is
/// that before the first; only the last block may hold ballots, for the keys that judge them are
/// the same. Blocks, genesis and share must outlive it.
class FormChecks {
 public:
  FormChecks(const ledger::Genesis& genesis, const ledger::Digest& run_id,
             ledger::Membership membership, const std::vector<ledger::CommittedBlock>& blocks,
             unsigned threads, const Share& share, bool every_signature);
  ~FormChecks() { next_ = pieces_.size(); }  ///< leaves undone what nobody waits for
  FormChecks(const FormChecks&) = delete;
  FormChecks& operator=(const FormChecks&) = delete;

  /// Does what is left together with the other threads. One entry a block: its first fault.
  std::vector<std::optional<ledger::Fault>> finish();

 private:
  /// A piece of one block: what comes before its transactions, some of them, or what comes after.
  struct Piece {
    enum class Part { heading, transactions, ending };
    std::size_t block = 0;
    Part part = Part::heading;
    std::size_t first = 0;  ///< of the transactions
    std::size_t last = 0;
  };
  void cut(std::size_t block);
  void work();
  [[nodiscard]] bool checks_signatures(const Piece& piece) const;
  std::optional<ledger::Fault> check(const Piece& piece, ledger::Verifier& verifier) const;
  std::optional<ledger::Fault> check_heading(std::size_t block, ledger::Verifier& verifier) const;

  const ledger::Genesis& genesis_;
  const ledger::Digest& run_id_;
  ledger::Membership membership_;
  const std::vector<ledger::CommittedBlock>& blocks_;
  const Share& share_;
  bool every_signature_;
  std::vector<Piece> pieces_;  ///< in the order in which their faults count
  std::vector<std::optional<ledger::Fault>> faults_;
  std::atomic<std::size_t> next_{0};
  std::vector<std::jthread> threads_;
};

}  // namespace gridtally::audit
