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
/// called progress() for `patience` (up to an eighth more), that is told on standard error, and the
/// job ends (MPI_Abort, status ExitStatus::failure). That call comes from a thread of the watch's
/// own, which Open MPI allows and MPI does not promise: where it has not ended this process after
/// half a minute, the process ends by itself, and the launcher ends the others. Time in which the
/// process is suspended does not count. Of one rank nobody waits: then nothing is watched; nor
/// where the system gives no thread. Not thread-safe.
class ProgressWatch {
 public:
  /// What is done meanwhile may take as long as it likes: no call of HDF5. Then time counts anew.
  class Pause {
   public:
    explicit Pause(ProgressWatch& watch) : watch_(watch) { watch.set(true); }
    ~Pause() { watch_.set(false); }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    ProgressWatch& watch_;
  };

  ProgressWatch(MPI_Comm ranks, std::filesystem::path file, std::chrono::milliseconds patience);
  ~ProgressWatch();
  ProgressWatch(const ProgressWatch&) = delete;
  ProgressWatch& operator=(const ProgressWatch&) = delete;
  void progress() { set(false); }

 private:
  void set(bool paused);
  void watch();

  MPI_Comm ranks_;
  std::filesystem::path file_;
  std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  bool paused_ = false;
  int looks_ = 0;  ///< without progress
  std::thread watcher_;
};

}  // namespace gridtally::merged
