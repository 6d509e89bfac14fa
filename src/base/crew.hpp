#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gridtally {

/// Threads that help one other with work that falls into pieces. They start when they are first
/// wanted, wait for work asleep, and take no signals. Where the system gives fewer threads, those
/// that are there do it.
class Crew {
 public:
  /// Without helpers the caller does all by itself.
  explicit Crew(unsigned helpers) : most_(helpers) {}
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  /// Calls `piece` for each number below `count`, several at once, in any order; returns after all.
  /// Throws what the first of them that threw has thrown: then some may not have been called.
  /// Called while the crew is at work, as by a piece, it does all by itself.
  void share(std::size_t count, const std::function<void(std::size_t)>& piece);
  [[nodiscard]] unsigned helpers() const { return most_; }
  /// Processor time that the helpers have taken so far, without the caller's [s].
  [[nodiscard]] double processor_seconds() const;

 private:
  struct Work;
  class Busy;
  void start();
  void help();
  void do_pieces(Work& work);

  std::atomic<unsigned> most_;  ///< fewer once the system has refused some
  std::atomic_flag busy_;
  mutable std::mutex mutex_;
  std::condition_variable wanted_;  ///< there is work, or none will come any more
  std::condition_variable done_;    ///< no helper is at work
  Work* work_ = nullptr;
  std::uint64_t works_ = 0;  ///< so far; tells one from the next
  unsigned at_work_ = 0;     ///< helpers
  bool over_ = false;
  double processor_seconds_ = 0.0;
  std::vector<std::thread> helpers_;
};

/// Lends a crew to what this thread calls while this is there, for share_rows.
class LentCrew {
 public:
  explicit LentCrew(Crew& crew);
  ~LentCrew();
  LentCrew(const LentCrew&) = delete;
  LentCrew& operator=(const LentCrew&) = delete;

 private:
  Crew* before_;
};

/// Calls `piece(first, last)` for parts of [0, rows) that follow one another and together are all
/// of it: several at once by the crew that was lent to this thread, where there is one and the work
/// is worth it; else all in one call. Parts may be empty. `numbers` says how many are computed with
/// for each row. What is computed of a row must not depend on others. Throws as Crew::share.
void share_rows(std::size_t rows, std::size_t numbers,
                const std::function<void(std::size_t first, std::size_t last)>& piece);

/// As many helpers as this process has processors beside the caller's, at most `most`.
unsigned helpers_here(unsigned most);

}  // namespace gridtally
