#pragma once

#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "archive/archive_reader.hpp"

namespace gridtally::audit {

/// What an archive keeps of a day's result.
struct KeptResult {
  std::optional<archive::DayResult> result;  ///< nothing when the day is not sealed
  std::optional<archive::ArchiveFault> fault;
};

/// By day.
using KeptResults = std::map<std::uint32_t, KeptResult>;
/// Of `day`, as `reader` has it now.
KeptResult kept_result(archive::ArchiveReader& reader, std::uint32_t day);

/// Consecutive blocks. Only the last may hold ballots.
struct Batch {
  std::vector<ledger::CommittedBlock> blocks;
  /// Of each block: its day, where that lacks decisions, else null.
  std::vector<std::shared_ptr<const ledger::ThinnedDay>> days;
  KeptResults results;  ///< of the days that they claim to settle

  [[nodiscard]] bool may_change_keys() const { return !blocks.back().block.ballots.empty(); }
};

/// Reads an archive's blocks on a thread of its own, at most one batch ahead of who takes them.
/// While this exists, nobody else may read from `reader` or ask for its faults.
class BlockStream {
 public:
  /// `most`, at least 2: batches in memory, those included that were taken and not given back.
  BlockStream(archive::ArchiveReader& reader, std::size_t batch_size, std::size_t most);
  ~BlockStream();  ///< stops reading
  BlockStream(const BlockStream&) = delete;
  BlockStream& operator=(const BlockStream&) = delete;

  /// The next batch; null at the end, or at the first fault. Throws what reading threw. `done` is
  /// one that is no longer wanted: its many small pieces are freed where they were made. With
  /// `most` of them in other hands it waits for ever.
  std::unique_ptr<Batch> next(std::unique_ptr<Batch> done = nullptr);

 private:
  void read();
  bool make_room();
  std::unique_ptr<Batch> read_batch();
  void keep_result(const ledger::Header& header, Batch& batch);
  bool offer(std::unique_ptr<Batch> batch);

  archive::ArchiveReader& reader_;
  std::size_t batch_size_;
  std::size_t most_;
  std::uint32_t days_ = 0;  ///< whose results were asked for
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<Batch> ready_;
  std::unique_ptr<Batch> done_;
  std::size_t alive_ = 0;  ///< batches
  std::exception_ptr failure_;
  bool ended_ = false;
  bool stopped_ = false;
  std::jthread thread_;  ///< last: it uses all of the above
};

}  // namespace gridtally::audit
