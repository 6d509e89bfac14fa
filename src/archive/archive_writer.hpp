#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>

#include "archive/archive_survey.hpp"
#include "archive/iterates.hpp"
#include "ledger/genesis.hpp"
#include "ledger/keys.hpp"
#include "ledger/messages.hpp"
#include "ledger/state.hpp"

namespace gridtally::archive {

class ArchiveDisk;

/// Writes one archive folder (FORMAT.md). One writer at a time; not thread-safe. Two threads of its
/// own keep the journal and seal days, while the caller goes on. When the disk refuses, IoError
/// comes out of the call or the next one: the run must halt then, and every later call throws too,
/// as nobody can know what the disk holds. resume() finds out. Destroyed without close(), it leaves
/// what a crash would.
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

  ArchiveWriter(ArchiveWriter&&) noexcept;
  ArchiveWriter& operator=(ArchiveWriter&&) noexcept;
  ~ArchiveWriter();

  /// Hands over the next block; it is acknowledged once durable_height() has reached it. Waits only
  /// while some blocks wait already. FormatError when it is not the next height, not this run's, or
  /// not storable (segment_writer.hpp). The first block of a day begins its journal. The time of
  /// the call is kept as commit time.
  void append(const ledger::Committed& block);
  /// As above, and durable on return, or with Durability::later once sync() returned.
  void append(const ledger::CommittedBlock& block, Durability durability = Durability::now);
  /// With the commit time given [s since 1970].
  void append(const ledger::CommittedBlock& block, double commit_time,
              Durability durability = Durability::now);
  /// Appends evidence, whatever height it is about. False, and nothing kept, once the archive has
  /// most_evidence pieces or most_evidence_bytes.
  bool append_evidence(const ledger::Evidence& evidence, Durability durability = Durability::now);
  /// Returns once all that was appended is durable.
  void sync();
  /// The last block that is durable, with all before it.
  [[nodiscard]] std::uint64_t durable_height();

  /// Which decisions the days sealed from now on keep; all, unless this is called.
  void keep(const Iterates& iterates) { iterates_ = iterates; }

  /// Has the segment of the first day that is not sealed written ahead, but not made part of the
  /// archive: call as seal_day, which is to follow and begins anew where evidence came meanwhile.
  /// Without that, close takes it away.
  void prepare_day(const ledger::ContractState& state);
  /// Has the journal of the first day that is not sealed turned into its segment: call after that
  /// day's last block (settled, or the run's end), with the state after it. Blocks of the next day
  /// may follow at once; wait() or close() tells that it is done.
  void seal_day(const ledger::ContractState& state);
  /// Returns once all that was handed over is on the disk.
  void wait();

  /// Processor time that the writer's threads have taken so far [s].
  [[nodiscard]] double background_seconds() const;
  /// What sealing a day has taken at most.
  [[nodiscard]] std::chrono::steady_clock::duration longest_sealing() const;

  /// Ends writing, once all is done. An empty journal is removed; one with blocks or evidence stays
  /// and is read back.
  void close();

  [[nodiscard]] const std::filesystem::path& folder() const;
  [[nodiscard]] std::uint64_t height() const { return days_.back().end.height(); }
  [[nodiscard]] const ledger::Digest& head() const { return days_.back().end.head; }
  /// Days that seal_day was called for, by whatever writer of this archive has brought it to an
  /// end.
  [[nodiscard]] std::uint32_t sealed_days() const { return sealed_days_; }

 private:
  struct Hands;
  ArchiveWriter(const std::filesystem::path& folder, const ledger::Genesis& genesis,
                const ledger::SecretKey& signer);
  void begin();
  void go_on(Survey survey);
  void start_journal(std::uint64_t validators);
  void append(const ledger::Committed& committed, double commit_time);
  void post(std::function<void(Hands&)> work);
  std::shared_ptr<const JournalledDay> day_to_seal(const ledger::ContractState& state);
  void post_sealing(std::function<void(ArchiveDisk&)> work);
  template <class Step>
  void attempt(const Step& step);

  std::unique_ptr<Hands> hands_;
  ledger::Digest run_id_{};
  std::uint32_t sealed_days_ = 0;
  ledger::Tip sealed_;                 ///< after the last block of these days
  std::deque<JournalledDay> days_;     ///< the others; the last is under way
  std::uint64_t evidence_pieces_ = 0;  ///< of the archive
  std::uint64_t evidence_bytes_ = 0;
  Iterates iterates_;
};

}  // namespace gridtally::archive
