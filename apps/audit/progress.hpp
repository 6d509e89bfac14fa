#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>

namespace gridtally::audit_app {

/// Whether standard error ends at a terminal.
bool errors_at_terminal();

/// How far an audit is: blocks done, of how many, rate and time left. On a terminal one line that
/// is written anew five times a second, else one line every five seconds.
class Progress {
 public:
  Progress(std::ostream& out, bool terminal);
  ~Progress();  ///< takes the line away
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `listed`: blocks in sealed segments; a journal's come on top, and their number is not known.
  void show(std::uint64_t blocks, std::uint64_t listed);

 private:
  using Clock = std::chrono::steady_clock;
  std::ostream& out_;
  bool terminal_;
  Clock::time_point start_;
  std::optional<Clock::time_point> shown_;
};

}  // namespace gridtally::audit_app
