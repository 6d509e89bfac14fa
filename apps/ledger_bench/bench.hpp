#pragma once

#include <mpi.h>

#include <optional>

#include "ledger_bench/figures.hpp"
#include "ledger_bench/settings.hpp"

namespace gridtally::ledger_bench {

/// What the last rank tells all to do next.
struct Task {
  std::uint32_t validators = 0;  ///< 0: nothing more
  double rate = 0.0;             ///< [1/s]
};

/// Everyone learns the last rank's task. Collective over all ranks; who waits, sleeps.
Task share_task(Task task);

/// One rate offered to one number of validators. Collective over all ranks; the last gets the
/// figures.
std::optional<Step> run_step(const Settings& settings, const Task& task);

}  // namespace gridtally::ledger_bench
