#pragma once

#include <mpi.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

namespace gridtally::merged {

/// Ends a job whose ranks wait for one another within HDF5 and MPI-IO, as they do for ever once a
/// write has failed inside them on some rank, which MPI-IO tells nobody. Where a rank has not
/// called progress() for `patience`, that is told on standard error, and the job ends (MPI_Abort,
/// status ExitStatus::failure). Time in which the process is suspended does not count. Of one rank
/// nobody waits: then nothing is watched. Not thread-safe.
class ProgressWatch {
 public:
  ProgressWatch(MPI_Comm ranks, std::filesystem::path file, std::chrono::milliseconds patience);
  ~ProgressWatch();
  ProgressWatch(const ProgressWatch&) = delete;
  ProgressWatch& operator=(const ProgressWatch&) = delete;
  void progress();

 private:
  void watch();

  MPI_Comm ranks_;
  std::filesystem::path file_;
  std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  int looks_ = 0;  ///< without progress
  std::thread watcher_;
};

}  // namespace gridtally::merged
