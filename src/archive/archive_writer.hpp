#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "archive/archive_survey.hpp"
#include "archive/day_result.hpp"
#include "archive/journal.hpp"
#include "archive/lock_file.hpp"
#include "archive/manifest.hpp"
#include "ledger/block.hpp"
#include "ledger/evidence.hpp"
#include "ledger/genesis.hpp"
#include "ledger/keys.hpp"
#include "ledger/tip.hpp"

namespace gridtally::archive {

/// Writes one archive folder (FORMAT.md). One writer at a time; not thread-safe. Every call throws
/// IoError when the disk refuses: the run must halt then, nothing was acknowledged, and every later
/// call throws too, as nobody can know what the disk holds. resume() finds out.
class ArchiveWriter {
 public:
  enum class Existing : std::uint8_t { refuse, replace };
  enum class Durability : std::uint8_t { now, later };

  /// Makes `folder` and writes genesis, manifest and an empty journal. An existing folder is an
  /// InputError, unless it is empty or `existing` is replace and it is an archive: only the files
  /// of an archive are removed, and a folder with any other file in it is refused. A folder that
  /// another writer has locked is refused. `signer` is validator 0's key and must outlive this.
  static ArchiveWriter create(const std::filesystem::path& folder, const ledger::Genesis& genesis,
                              const ledger::SecretKey& signer,
                              Existing existing = Existing::refuse);
  /// Goes on with the archive in `folder`, in whatever state a writer left it: killed between any
  /// two calls, also of resume itself. What create had only begun becomes a new archive, also where
  /// nothing is there. No durable block is lost; writes that a crash cut off, and files whose
  /// content stands elsewhere, are removed. InputError when it is another run's or being written;
  /// FormatError naming file and offset or height when it is damaged, with nothing changed.
  ///
  /// Afterwards the blocks up to height() are those that ArchiveReader gives. The caller executes
  /// them and calls seal_day for each day from sealed_days() on that has ended, in order.
  static ArchiveWriter resume(const std::filesystem::path& folder, const ledger::Genesis& genesis,
                              const ledger::SecretKey& signer);
  /// What create would refuse, without writing anything: call before a run starts.
  static void check_output(const std::filesystem::path& folder, Existing existing);

  /// Appends the next block. Durable on return, or with Durability::later once sync() returned.
  /// FormatError when it is not the next height, not this run's, or not storable
  /// (segment_writer.hpp). The first block of a day begins its journal. The time of the call is kept
  /// as commit time.
  void append(const ledger::CommittedBlock& block, Durability durability = Durability::now);
  /// As append, with the commit time given [s since 1970].
  void append(const ledger::CommittedBlock& block, double commit_time,
              Durability durability = Durability::now);
  /// Appends evidence, whatever height it is about. False, and nothing kept, once the archive has
  /// most_evidence pieces or most_evidence_bytes.
  bool append_evidence(const ledger::Evidence& evidence, Durability durability = Durability::now);
  void sync();

  /// Turns the journal of the first day that is not sealed into its segment: call after that day's
  /// last block (settled, or the run's end), with the state after it.
  void seal_day(const ledger::ContractState& state);

  /// Ends writing. An empty journal is removed; one with blocks or evidence stays and is read back.
  void close();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::uint64_t height() const { return days_.back().end.height(); }
  [[nodiscard]] const ledger::Digest& head() const { return days_.back().end.head; }
  [[nodiscard]] std::uint32_t sealed_days() const {
    return static_cast<std::uint32_t>(segments_.size());
  }

 private:
  ArchiveWriter(std::filesystem::path folder, ledger::Genesis genesis,
                const ledger::SecretKey& signer, LockFile lock);
  void begin();
  void go_on(Survey survey);
  void start_journal(std::uint64_t validators);
  template <class Work>
  void attempt(const Work& work);
  void write_segment_of(const JournalledDay& day, const ledger::ContractState& state);
  void write_manifest();

  std::filesystem::path folder_;
  ledger::Genesis genesis_;
  ledger::Digest run_id_{};
  const ledger::SecretKey* signer_;
  LockFile lock_;
  std::optional<JournalWriter> journal_;  ///< of the last of days_
  std::vector<SegmentEntry> segments_;
  ledger::Tip sealed_;                 ///< after the last sealed block
  std::deque<JournalledDay> days_;     ///< not sealed; the last is under way
  std::uint64_t evidence_pieces_ = 0;  ///< of the archive
  std::uint64_t evidence_bytes_ = 0;
  std::string failure_;  ///< of an earlier call
};

}  // namespace gridtally::archive
