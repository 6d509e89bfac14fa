#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/archive_files.hpp"
#include "archive/journal.hpp"
#include "ledger/tip.hpp"

namespace gridtally::archive {

/// The journals of an archive from `first_day` on, one a day, read one after another: each block
/// must be the chain's next. Journals of earlier days are sealed: they are left alone. FormatError
/// naming file and offset or height for whatever is not so.
class JournalSequence {
 public:
  /// Refuses an archive where a later journal is there and an earlier one is not.
  JournalSequence(std::shared_ptr<const ArchiveFiles> files, const ledger::Digest& run_id,
                  std::uint32_t first_day);

  /// The next block on `tip`, and nothing after the last.
  std::optional<JournalledBlock> next(const ledger::Tip& tip);
  /// Goes to the next day's journal; false after the last. Only once next_of_day() gave nothing.
  bool next_day(const ledger::Tip& tip);
  /// As next, but nothing at the end of each day.
  std::optional<JournalledBlock> next_of_day(const ledger::Tip& tip);

  /// Of the journal under way.
  [[nodiscard]] std::uint32_t day() const { return first_day_ + opened_ - 1; }
  [[nodiscard]] std::string place() const;
  [[nodiscard]] const JournalReader& journal() const { return *journal_; }
  [[nodiscard]] std::uint64_t cut_bytes() const { return journal_ ? journal_->cut_bytes() : 0; }
  /// Of all journals so far, in order.
  [[nodiscard]] std::vector<ledger::Evidence> evidence() const;

 private:
  void open(const ledger::Tip& tip);
  void require_next(const ledger::CommittedBlock& committed, const ledger::Tip& tip) const;

  std::shared_ptr<const ArchiveFiles> files_;
  ledger::Digest run_id_;
  std::uint32_t first_day_;
  std::uint32_t count_ = 0;
  std::uint32_t opened_ = 0;
  std::unique_ptr<JournalReader> journal_;
  std::vector<ledger::Evidence> earlier_evidence_;
};

}  // namespace gridtally::archive
