#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "cluster/alarms.hpp"

namespace gridtally::cluster {

/// From now on SIGTERM, SIGINT and SIGUSR1 end this process no more: they ask its run to stop. Of
/// the whole process; for executables.
void heed_stop_signals();
/// The name of the signal that has come, "SIGTERM"; empty: none.
std::string stop_signal();

/// That this rank's run is to stop for now: at the next block, or half a second later without it,
/// as nothing is lost then but that iteration's time.
class StopRequest {
 public:
  /// At block `height`. False when it was asked for before: the first word counts.
  bool ask(const std::string& reason, Clock::time_point now, std::uint64_t height);
  [[nodiscard]] bool due(Clock::time_point now, std::uint64_t height) const;
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  std::string reason_;  ///< empty: nobody has asked
  Clock::time_point at_{};
  std::uint64_t height_ = 0;
};

/// A run's allotted time: whether what is left just suffices for one more iteration and for
/// closing, as far as those so far tell.
class WallTime {
 public:
  /// Nothing: it has all the time in the world.
  explicit WallTime(std::optional<Clock::time_point> end);

  /// A block has been committed; also once when the first is begun.
  void note_block(Clock::time_point now);
  /// `writing`: what the longest writing of files so far has taken.
  [[nodiscard]] bool is_up(Clock::time_point now, Clock::duration writing) const;

 private:
  std::optional<Clock::time_point> end_;
  std::optional<Clock::time_point> last_block_;
  Clock::duration longest_{};  ///< between two blocks; sealing a day is in it
};

}  // namespace gridtally::cluster
