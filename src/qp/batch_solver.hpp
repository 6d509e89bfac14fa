#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "qp/day_problem.hpp"

namespace gridtally::qp {

/// Solves many prosumers' days at once, `lanes` problems side by side in SIMD registers, with a
/// structured primal-dual interior-point method (see README). A problem's result is a function of
/// that problem alone: the same bits for every number of lanes and every neighbour.
class BatchSolver {
 public:
  /// `lanes`: 1, 2, 4 or 8, at most what supported_lanes() allows; 0 takes that.
  explicit BatchSolver(std::size_t slots, int lanes = 0);

  /// Solves tasks[i] into solutions[i] (sized for T slots). No allocation.
  void solve(Mode mode, std::span<const Task> tasks, std::span<Solution> solutions);

  [[nodiscard]] int lanes() const { return lanes_; }

 private:
  std::size_t slots_;
  int lanes_;
  std::vector<double> workspace_;
};

/// The widest vectors of this processor, in doubles.
int supported_lanes();

}  // namespace gridtally::qp
