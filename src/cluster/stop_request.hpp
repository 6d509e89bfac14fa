#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cluster/alarms.hpp"

namespace gridtally::cluster {

/// From now on SIGTERM, SIGINT and SIGUSR1 end this process no more: they ask its run to stop. Of
/// the whole process; for executables.
void heed_stop_signals();
/// The name of the signal that has come, "SIGTERM"; empty: none.
std::string stop_signal();

/// A run's allotted time: whether what is left just suffices for one more iteration and for
/// closing, as far as those so far tell.
class WallTime {
 public:
  /// Nothing: it has all the time in the world.
  explicit WallTime(std::optional<Clock::time_point> end);

  /// A block has been committed; also once when the first is begun.
  void note_block(Clock::time_point now);
  [[nodiscard]] bool is_up(Clock::time_point now) const;

 private:
  std::optional<Clock::time_point> end_;
  std::optional<Clock::time_point> last_block_;
  Clock::duration longest_{};  ///< between two blocks; sealing a day is in it
};

}  // namespace gridtally::cluster
