#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace gridtally {

/// Does jobs one after another on a thread of its own, which takes no signals. The first job that
/// throws is the last that is done: those that wait are dropped, and every later call throws what
/// it threw.
class Background {
 public:
  /// post waits while `most_waiting` jobs wait.
  explicit Background(std::size_t most_waiting);
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  /// Drops the jobs that wait; returns after the one under way.
  ~Background();

  void post(std::function<void()> job);
  /// Returns once every job is done.
  void wait();
  void check();
  /// Every job is done.
  [[nodiscard]] bool is_idle();
  /// For a job to ask: no other waits behind it.
  [[nodiscard]] bool is_last();
  /// Processor time that the jobs have taken so far [s].
  [[nodiscard]] double processor_seconds();
  /// What the longest job has taken; the one under way counts as far as it is.
  [[nodiscard]] std::chrono::steady_clock::duration longest();

 private:
  void run();
  void throw_failure() const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::size_t most_waiting_;
  bool busy_ = false;
  bool ended_ = false;
  double processor_seconds_ = 0.0;
  std::chrono::steady_clock::time_point begun_;  ///< the job under way
  std::chrono::steady_clock::duration longest_{};
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace gridtally
