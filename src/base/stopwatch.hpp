#pragma once

#include <chrono>
#include <ctime>

namespace gridtally {

/// Adds the time it lives to `seconds`, by the monotonic clock. For reports only: a time never
/// enters a result.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds) {}
  ~Stopwatch() {
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The same of this thread's processor time. Costs about a microsecond.
class CpuStopwatch {
 public:
  explicit CpuStopwatch(double& seconds) : seconds_(seconds) {}
  ~CpuStopwatch() { seconds_ += now() - start_; }
  CpuStopwatch(const CpuStopwatch&) = delete;
  CpuStopwatch& operator=(const CpuStopwatch&) = delete;

 private:
  static double now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  double& seconds_;
  double start_ = now();
};

}  // namespace gridtally
