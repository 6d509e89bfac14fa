#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/archive_files.hpp"
#include "archive/day_result.hpp"
#include "archive/fault.hpp"
#include "archive/journal_sequence.hpp"
#include "archive/manifest.hpp"
#include "archive/segment_reader.hpp"
#include "ledger/block.hpp"
#include "ledger/evidence.hpp"
#include "ledger/genesis.hpp"

namespace gridtally::archive {

/// Reads an archive, folder or pack, that may be damaged or hostile, one block at a time, in height
/// order: sealed segments, then the valid frames of the journals of the days that follow. Faults
/// are values; nothing is thrown but bad_alloc. Checked here: manifest signature, genesis hash,
/// segment checksums, formats, sizes (before allocation), stored block hashes and parents, history
/// root. What blocks say is for ledger::check_block.
class ArchiveReader {
 public:
  explicit ArchiveReader(const std::filesystem::path& place);
  ArchiveReader(ArchiveReader&&) noexcept = default;
  ArchiveReader& operator=(ArchiveReader&&) noexcept = default;

  [[nodiscard]] Standing standing() const;
  [[nodiscard]] const std::vector<ArchiveFault>& faults() const { return faults_; }

  /// False: there is no genesis and no block to be had (standing is not_auditable).
  [[nodiscard]] bool has_genesis() const { return genesis_ != nullptr; }
  [[nodiscard]] const ledger::Genesis& genesis() const { return *genesis_; }
  [[nodiscard]] const ledger::Digest& run_id() const { return run_id_; }
  [[nodiscard]] const Manifest& manifest() const { return manifest_; }

  /// The next block; nothing at the end or at the first fault, which is then in faults(). Blocks
  /// after a fault are not read.
  std::optional<ledger::CommittedBlock> next();
  /// Of the block that next() gave last [s since 1970]; not signed.
  [[nodiscard]] double commit_time() const { return commit_time_; }
  /// The day of the block that next() gave last, when the archive lacks decisions of it; else null.
  /// For ledger::Replay.
  [[nodiscard]] std::shared_ptr<const ledger::ThinnedDay> thinned() const;
  /// Hash of the block that next() gave last; the run id before the first.
  [[nodiscard]] const ledger::Digest& head() const { return tip_.head; }
  /// Where the chain read so far ends.
  [[nodiscard]] const ledger::Tip& tip() const { return tip_; }
  [[nodiscard]] std::uint64_t height() const { return tip_.height(); }

  /// Whether any sealed day says that it leaves decisions out; an unreadable one says nothing.
  [[nodiscard]] bool leaves_out() const;

  /// /result of a sealed day as it stands in the file; nothing, and a fault, when it cannot be
  /// read; nothing without a fault when that day is not sealed.
  std::optional<DayResult> result(std::uint32_t day);

  /// All evidence that can be read in the archive, each piece once, sealed or not, whatever next()
  /// has read so far. A part that cannot be read is left out: next() names its fault.
  [[nodiscard]] std::vector<ledger::Evidence> evidence() const;

  /// Bytes after the last journal's last valid frame: a write cut off by a crash. Not a fault.
  [[nodiscard]] std::uint64_t cut_bytes() const { return journals_ ? journals_->cut_bytes() : 0; }

 private:
  void open_files(const std::filesystem::path& place);
  void open_manifest();
  void open_genesis();
  void check_manifest();
  std::optional<ledger::CommittedBlock> next_sealed();
  std::optional<ledger::CommittedBlock> next_journalled();
  std::unique_ptr<SegmentReader> opened_segment(std::uint32_t day, const ledger::Tip& tip);
  std::optional<ledger::CommittedBlock> next_of_segment();
  void count_evidence(const std::vector<ledger::Evidence>& evidence);
  void check_history();
  [[nodiscard]] std::uint32_t sealed_days() const {
    return static_cast<std::uint32_t>(manifest_.segments.size());
  }
  void fail(ArchiveFault fault);

  std::shared_ptr<const ArchiveFiles> files_;
  std::vector<ArchiveFault> faults_;
  std::shared_ptr<const ledger::Genesis> genesis_;
  ledger::Digest run_id_{};
  std::string manifest_text_;
  Manifest manifest_;
  std::uint32_t segment_index_ = 0;
  std::unique_ptr<SegmentReader> segment_;
  std::unique_ptr<JournalSequence> journals_;
  ledger::Tip tip_{ledger::Digest{}};
  std::uint64_t archive_bytes_ = 0;  ///< of all segments
  std::uint64_t evidence_pieces_ = 0;
  std::uint64_t evidence_bytes_ = 0;
  double commit_time_ = 0.0;
  bool ended_ = false;
};

}  // namespace gridtally::archive
