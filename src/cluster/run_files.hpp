#pragma once

#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "archive/archive_writer.hpp"
#include "archive/private_store.hpp"
#include "base/background.hpp"
#include "cluster/alarms.hpp"
#include "cluster/progress.hpp"
#include "cluster/trading_run.hpp"
#include "ledger/benefit.hpp"
#include "ledger/evidence.hpp"
#include "meter/meter_group.hpp"

namespace gridtally::cluster {

/// What one rank leaves behind: on the archivist the archive, on the ranks of meters their private
/// files.
class RunFiles {
 public:
  /// Makes folders and first files, or opens those of a run that goes on. References must outlive
  /// it. Collective over all ranks.
  RunFiles(const ledger::Genesis& genesis, const Network& network, const Secrets& secrets,
           const RunOutput& output, const meter::MeterGroup& meters);

  // A run that goes on: what is there, then each block of it, then once that this was all.

  /// Days that the archive holds sealed; the same on every rank. Collective over all ranks.
  [[nodiscard]] std::uint32_t sealed_days(const Network& network) const;
  /// What this rank's private files hold of them (PrivateStore::go_on).
  archive::PrivateStore::Standing take_up_private(std::uint32_t sealed);
  /// `settled`: new schedules of the meters, or none.
  void take_up(const ledger::ContractState& state, archive::PrivateDay settled);
  /// Brings private files up to date (where days are thinned before it returns), knows the
  /// evidence, seals what had ended, but thinned days only by note_kept or close, the run's last
  /// day by close. Error when the archive holds more or fewer blocks than were taken up to `state`.
  void taken_up(const ledger::ContractState& state);

  /// The block that led to `state`; written in the background. `settled`: new schedules of the
  /// meters, or none; `ends`: no block follows.
  void record(const ledger::Committed& committed, const ledger::ContractState& state,
              archive::PrivateDay settled, bool ends);
  /// The last block that is in the archive for good; on the archivist only.
  [[nodiscard]] std::uint64_t durable_height() { return archive_->durable_height(); }
  /// Sealing a thinned day drops what its schedules could be made from again: not before the
  /// private files of all ranks hold them. What this rank's meters have to keep is on the disk:
  [[nodiscard]] bool keeps_up() {
    return output_.iterates.keeps_all() || private_writing_.is_idle();
  }
  /// All ranks kept up with the block of `height`; on the archivist only.
  void note_kept(std::uint64_t height);

  /// False when it is known already, or this rank keeps no archive.
  bool keep(const ledger::Evidence& evidence);
  /// `stopped`, whose word is the archivist's: the run is to go on, and private files are finished
  /// then. `ended`: this rank has its last block; once every rank does, what is left is sealed.
  /// Collective over all ranks.
  void close(bool stopped, bool ended);
  /// Processor time that writing in the background has taken [s].
  [[nodiscard]] double background_seconds();
  /// What closing may have to wait for, as far as this rank can tell: the longest that sealing a
  /// day or writing private files has taken. Those of other ranks took no longer when the run
  /// began.
  [[nodiscard]] Clock::duration longest_writing();

  [[nodiscard]] const std::vector<ledger::Benefit>& benefits() const { return benefits_; }
  [[nodiscard]] const std::vector<ledger::Evidence>& evidence() const { return evidence_; }
  [[nodiscard]] const std::vector<Unfunded>& unfunded() const { return unfunded_; }

 private:
  void open_archive(const ledger::SecretKey& signer);
  void add_private_day(std::uint32_t day, archive::PrivateDay settled);
  struct Ending;
  [[nodiscard]] Ending everyones_ending(bool stopped, bool ended) const;
  void write_merged_file();
  void add_up(const ledger::ContractState& state);
  /// Days that ended up to there, but the run's last: only `close` seals that, which tells an
  /// auditor that private files have all days (audit/private_replay.hpp).
  void seal(std::uint64_t last_height);
  void seal_rest();

  const ledger::Genesis& genesis_;
  const Network& network_;
  const RunOutput& output_;
  std::optional<archive::ArchiveWriter> archive_;
  std::optional<Progress> progress_;
  std::set<ledger::Digest> known_evidence_;
  std::vector<ledger::Evidence> evidence_;
  std::vector<ledger::Benefit> benefits_;
  std::vector<Unfunded> unfunded_;
  std::deque<ledger::ContractState> unsealed_;  ///< ends of days that are not sealed yet
  const meter::MeterGroup& meters_;
  std::optional<archive::PrivateStore> private_;  ///< on ranks with meters
  Background private_writing_{1};
  Clock::duration beginning_{};  ///< the first files, of all ranks
};

}  // namespace gridtally::cluster
