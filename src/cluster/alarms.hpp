#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "consensus/validator.hpp"

namespace gridtally::cluster {

using Clock = std::chrono::steady_clock;

/// The timers that the validators of one rank asked for.
class Alarms {
 public:
  void set(std::size_t validator, const consensus::Alarm& alarm, Clock::time_point now) {
    queue_.emplace(now + std::chrono::milliseconds(alarm.after), std::pair(validator, alarm));
  }
  /// Those that are due by `now`, in their order; they are gone then.
  std::vector<std::pair<std::size_t, consensus::Alarm>> due(Clock::time_point now) {
    std::vector<std::pair<std::size_t, consensus::Alarm>> out;
    while (!queue_.empty() && queue_.begin()->first <= now) {
      out.push_back(queue_.begin()->second);
      queue_.erase(queue_.begin());
    }
    return out;
  }
  /// Forgets those of heights up to `height`: they are void.
  void forget(std::uint64_t height) {
    std::erase_if(queue_, [&](const auto& each) { return each.second.second.height <= height; });
  }
  [[nodiscard]] Clock::time_point next() const {
    return queue_.empty() ? Clock::time_point::max() : queue_.begin()->first;
  }

 private:
  std::multimap<Clock::time_point, std::pair<std::size_t, consensus::Alarm>> queue_;
};

}  // namespace gridtally::cluster
