#pragma once

#include <pthread.h>

#include <csignal>
#include <ctime>

/// What threads of the project's own have in common.
namespace gridtally {

/// While it lives, threads that are begun here take no signals: those are for the thread that began
/// the program, and no call of another is cut off.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;

 private:
  sigset_t before_{};
};

/// Processor time of the calling thread [s].
inline double own_seconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

}  // namespace gridtally
