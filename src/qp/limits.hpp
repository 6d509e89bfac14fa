#pragma once

#include <cstddef>

#include "qp/day_problem.hpp"

namespace gridtally::qp {

struct Range {
  double low = 0.0;
  double high = 0.0;
};

enum class Quantity { grid, renewable, flexible, charge, discharge, reserve, stored };

/// Bounds of a day's variables. Where the flexible energy or the battery leaves no choice, the
/// interval is a point.
class Limits {
 public:
  /// `day` must outlive it.
  explicit Limits(const DayProblem& day);
  [[nodiscard]] Range operator()(Quantity quantity, std::size_t t) const;

  /// The battery stays at its starting level.
  [[nodiscard]] bool idle() const { return idle_; }
  /// Bounds of the flexible load [T]; the same array where its energy leaves no choice.
  [[nodiscard]] const double* flexible_low() const { return flexible_low_; }
  [[nodiscard]] const double* flexible_high() const { return flexible_high_; }
  /// Most reserve that any slot can hold [kWh].
  [[nodiscard]] double reserve_max() const;

 private:
  [[nodiscard]] Range stored_range(std::size_t t) const;

  const DayProblem& day_;
  bool idle_;
  const double* flexible_low_;
  const double* flexible_high_;
};

}  // namespace gridtally::qp
