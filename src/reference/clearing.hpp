#pragma once

#include <vector>

#include "reference/blocks.hpp"
#include "reference/evaluation.hpp"

namespace gridtally::reference {

/// One day of a community without lines, by interior point with the prosumers eliminated
/// (README.md): the nodes' T prices are what a Newton step has left to solve for. Every rank
/// solves for the prices, from the same sums. Collective.
class Clearing {
 public:
  /// `part` must outlive this.
  explicit Clearing(const Part& part);

  Outcome solve(const Accuracy& accuracy);
  /// Level at the end of each of this rank's days [kWh].
  [[nodiscard]] std::vector<double> end_levels() const;

 private:
  double predict();
  double correct(double affine_step);
  Residuals respond(block::Aim aim, bool with_response, ChunkRows& rows);
  void clear(const std::vector<double>& sums, std::size_t width);
  double move();
  void advance(double alpha);
  [[nodiscard]] bool worth_evaluating(const Outcome& outcome, const Accuracy& accuracy) const;
  void evaluate(Outcome& outcome) const;

  const Part& part_;
  Blocks blocks_;
  const ChunkSums& sums_;
  std::size_t nodes_;
  std::size_t slots_;
  double products_;
  std::vector<double> prices_, steps_;        // [node][T]
  std::vector<std::vector<double>> factors_;  // [node]
  std::vector<double> motion_;                // [MoveRow::width]
  Residuals residuals_;
  double gap_ = 0.0;
};

}  // namespace gridtally::reference
