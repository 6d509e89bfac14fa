#pragma once

#include <vector>

namespace gridtally::reference {

/// When to stop.
struct Accuracy {
  double gap = 1e-9;  ///< (optimum − dual bound)/max(1, |optimum|), infeasibility valued with it
  int max_iterations = 200;
};

/// A day of the whole community.
struct Outcome {
  bool solved = false;  ///< the accuracy was reached
  int iterations = 0;
  double optimum = 0.0;        ///< Σ C_u at the primal point [cents]
  double dual_bound = 0.0;     ///< by weak duality: at most the true optimum [cents]
  double infeasibility = 0.0;  ///< largest residual of the primal point's equations [kWh]
  std::vector<double> prices;  ///< the market's own, π + q, [node][T] [cents/kWh]

  [[nodiscard]] double gap() const;  ///< relative
  /// Gap, and infeasibility at the prices' worth, within the accuracy.
  [[nodiscard]] bool within(const Accuracy& accuracy) const;
};

}  // namespace gridtally::reference
