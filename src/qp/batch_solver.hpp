#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "qp/day_problem.hpp"

namespace gridtally::qp {

/// Where a solve begins.
enum class Start {
  cold,  ///< from the task alone
  warm,  ///< from the point and active set in the solution given; cold where it has none
};

/// Solves many prosumers' days at once, `lanes` problems side by side in SIMD registers (see
/// README). A problem's result is a function of the task, and in a warm start of the point it
/// starts from, alone: the same bits for every number of lanes and every neighbour.
class BatchSolver {
 public:
  /// `lanes`: 1, 2, 4 or 8, at most what supported_lanes() allows; 0 takes that.
  explicit BatchSolver(std::size_t slots, int lanes = 0);

  /// Solves tasks[i] into solutions[i] (sized for T slots). No allocation. A warm start needs a
  /// point of the same mode; its task may differ in the target, φ and in prices and bounds.
  void solve(Mode mode, std::span<const Task> tasks, std::span<Solution> solutions,
             Start start = Start::cold);

  [[nodiscard]] int lanes() const { return lanes_; }

 private:
  std::size_t slots_;
  int lanes_;
  std::vector<double> workspace_;
};

/// The widest vectors of this processor, in doubles.
int supported_lanes();

}  // namespace gridtally::qp
