#include "merged/progress_watch.hpp"

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/thread.hpp"

namespace gridtally::merged {

ProgressWatch::ProgressWatch(MPI_Comm ranks, std::filesystem::path file,
                             std::chrono::milliseconds patience)
    : ranks_(ranks), file_(std::move(file)), patience_(patience) {
  int size = 1;
  MPI_Comm_size(ranks, &size);
  if (size == 1) return;
  const NoSignals inherited_by_the_thread;
  watcher_ = std::thread([this] { watch(); });
}

ProgressWatch::~ProgressWatch() {
  if (!watcher_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ended_.notify_one();
  watcher_.join();
}

void ProgressWatch::progress() {
  const std::lock_guard lock(mutex_);
  looks_ = 0;
}

// Looks now and then, so that progress, which is often, need not wake it; and counts looks, as a
// scheduler may suspend a job for hours.
void ProgressWatch::watch() {
  constexpr int most_looks = 8;
  std::unique_lock lock(mutex_);
  while (looks_ <= most_looks) {
    if (ended_.wait_for(lock, patience_ / most_looks, [&] { return over_; })) return;
    ++looks_;
  }
  std::cerr << "gridtally: '" + file_.string() +
                   "': ranks wait for one another within HDF5, as they do once a write of one has "
                   "failed: the job ends here. All that it has written before stands: see what "
                   "the disk has, then go on with --resume\n"
            << std::flush;
  MPI_Abort(ranks_, static_cast<int>(ExitStatus::failure));
  std::abort();
}

}  // namespace gridtally::merged
