#include "merged/progress_watch.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <system_error>
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
  try {
    watcher_ = std::thread([this] { watch(); });
  } catch (const std::system_error&) {
    // This rank alone must not leave the others: it goes on unwatched.
  }
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

void ProgressWatch::set(bool paused) {
  const std::lock_guard lock(mutex_);
  paused_ = paused;
  looks_ = 0;
}

// Looks now and then, so that progress, which is often, need not wake it; and counts looks, as a
// scheduler may suspend a job for hours.
void ProgressWatch::watch() {
  constexpr int most_looks = 8;
  std::unique_lock lock(mutex_);
  while (looks_ <= most_looks) {
    if (ended_.wait_for(lock, patience_ / most_looks, [&] { return over_; })) return;
    if (!paused_) ++looks_;
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience_).count();
  std::cerr << "gridtally: '" + file_.string() +
                   "': ranks have got no further with writing it together for " +
                   std::to_string(seconds) +
                   " s, as where a write of one has failed: the job ends here. All that it has "
                   "written before stands: see what the disk has, then go on with --resume\n"
            << std::flush;
  constexpr int status = static_cast<int>(ExitStatus::failure);
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::seconds(30));
    ::_exit(status);
  }).detach();
  MPI_Abort(ranks_, status);
  std::abort();
}

}  // namespace gridtally::merged
