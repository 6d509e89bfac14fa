#pragma once

#include <cstddef>
#include <functional>
#include <mutex>

namespace gridtally {

/// Threads that help one other with work that falls into pieces. They take no signals. Where the
/// system gives fewer threads, those that are there do it.
class Crew {
 public:
  /// Without helpers the caller does all by itself.
  explicit Crew(unsigned helpers) : helpers_(helpers) {}
  /// Calls `piece` for each number below `count`, several at once, in any order; returns after all.
  /// Throws what the first of them that threw has thrown: then some may not have been called.
  void share(std::size_t count, const std::function<void(std::size_t)>& piece);
  /// Processor time that the helpers have taken so far, without the caller's [s].
  [[nodiscard]] double processor_seconds() const;

 private:
  unsigned helpers_;
  mutable std::mutex mutex_;
  double processor_seconds_ = 0.0;
};

/// As many helpers as this process has processors beside the caller's, at most `most`.
unsigned helpers_here(unsigned most);

}  // namespace gridtally
