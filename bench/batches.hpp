#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "instances.hpp"
#include "qp/batch_solver.hpp"

namespace gridtally::bench {

/// The middle one of an odd number of values, the upper middle one of an even number.
double median(std::vector<double> values);

double microseconds_since(std::chrono::steady_clock::time_point start);

/// Times of tasks solved `lanes` at a time, neighbours side by side.
class Batches {
 public:
  Batches(std::size_t tasks, int lanes)
      : lanes_(static_cast<std::size_t>(lanes)), solver_(slots, lanes), microseconds_(tasks) {}

  void solve(std::span<const qp::Task> tasks, std::span<qp::Solution> solutions, qp::Start start);

  /// Median over the tasks of each one's median over the rounds [us]: what else runs on the core
  /// now and then does not show.
  [[nodiscard]] double median_microseconds() const;

 private:
  std::size_t lanes_;
  qp::BatchSolver solver_;
  std::vector<std::vector<double>> microseconds_;  ///< a QP, [task][round]
};

std::size_t count_unsolved(std::span<const qp::Solution> solutions);

}  // namespace gridtally::bench
