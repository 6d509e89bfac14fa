#pragma once

#include <chrono>

#include "ledger_bench/figures.hpp"

namespace gridtally::ledger_bench {

/// What this process uses from the making of this object on. The peak resident set is of that time
/// where the system lets a process forget its peak (Linux: /proc/self/clear_refs), else of its
/// whole life.
class UsageMeter {
 public:
  UsageMeter();
  [[nodiscard]] Usage so_far() const;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double cpu_ = 0.0;
};

}  // namespace gridtally::ledger_bench
