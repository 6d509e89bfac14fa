#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "archive/archive_survey.hpp"
#include "archive/day_result.hpp"
#include "archive/journal.hpp"
#include "archive/lock_file.hpp"
#include "archive/manifest.hpp"
#include "base/crew.hpp"
#include "ledger/genesis.hpp"
#include "ledger/keys.hpp"

namespace gridtally::archive {

/// The files of one archive folder, changed one step after another (FORMAT.md); holds its lock. The
/// journal in progress and the sealing of days before it may be two threads' work; nothing else
/// may. Every call throws IoError when the disk refuses; nothing may be called after that.
class ArchiveDisk {
 public:
  ArchiveDisk(std::filesystem::path folder, const ledger::Genesis& genesis,
              const ledger::SecretKey& signer);

  /// Writes a new archive, with the journal of day 0, in place of one that is begun or replaced.
  void begin();
  /// Goes on from what `survey` found, with the journal of its last day where it has any.
  void go_on(const Survey& survey);

  /// The journal of the day that follows, once all that stands in the one before is durable.
  void start_journal(std::uint32_t day, std::uint64_t first_height);
  void append(const ledger::CommittedBlock& block, double commit_time);
  void append(const ledger::Evidence& evidence);
  void sync();
  /// Ends the journal of `day`; one that is empty is removed, and so is what was only prepared.
  void close(std::uint32_t day, bool empty);

  /// Tries to write the segment of a day whose blocks are all durable under a name that does not
  /// count: unless evidence comes meanwhile, seal has less to do then. What fails seal meets again.
  void prepare(const JournalledDay& day, const DayResult& result);
  /// The segment of a day whose journal is durable and no longer written, the manifest, and only
  /// then away with the journal.
  void seal(const JournalledDay& day, const DayResult& result);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// Processor time of the threads that help to seal [s].
  [[nodiscard]] double helpers_seconds() const { return sealers_.processor_seconds(); }

 private:
  [[nodiscard]] std::filesystem::path prepared_path(std::uint32_t day) const;
  void write_segment_of(const JournalledDay& day, const DayResult& result);
  void write_manifest();

  std::filesystem::path folder_;
  const ledger::Genesis& genesis_;
  ledger::Digest run_id_;
  const ledger::SecretKey& signer_;
  LockFile lock_;
  std::optional<JournalWriter> journal_;
  std::vector<SegmentEntry> segments_;
  struct Prepared {
    std::uint32_t day;
    SegmentCounts counts;
    ledger::Digest hash;
  };
  std::optional<Prepared> prepared_;
  ledger::Tip sealed_;  ///< after the last sealed block
  Crew sealers_;        ///< help the thread that seals
};

}  // namespace gridtally::archive
