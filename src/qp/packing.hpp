#pragma once

#include <cstddef>

#include "qp/day_problem.hpp"
#include "qp/kernel.hpp"

namespace gridtally::qp {

/// One lane of a batch: strided views of the kernel's arrays.
class LaneView {
 public:
  LaneView(const kernel::Batch& batch, int lanes, int lane)
      : batch_(batch),
        lanes_(static_cast<std::size_t>(lanes)),
        lane_(static_cast<std::size_t>(lane)) {}

  [[nodiscard]] double& slot(int field, std::size_t t) const {
    return batch_.slot[(static_cast<std::size_t>(field) * batch_.slots + t) * lanes_ + lane_];
  }
  [[nodiscard]] double& slot(int field, int variable, std::size_t t) const {
    return slot(field + variable, t);
  }
  [[nodiscard]] double& scalar(kernel::LaneField field) const {
    return batch_.lane[static_cast<std::size_t>(field) * lanes_ + lane_];
  }
  [[nodiscard]] std::size_t slots() const { return batch_.slots; }
  [[nodiscard]] kernel::Mode mode() const { return batch_.mode; }

 private:
  const kernel::Batch& batch_;
  std::size_t lanes_;
  std::size_t lane_;
};

/// Writes a task's bounds, costs and starting point into its lane. Variables whose bounds or
/// equations leave one value are fixed there, so that the rest has an interior.
void pack(const Task& task, const LaneView& lane);

/// Reads the lane's point and multipliers back.
void unpack(const Task& task, const LaneView& lane, Solution& solution);

struct Range {
  double low = 0.0;
  double high = 0.0;
};

/// Bounds of a day's variables. Where the flexible energy or the battery leaves no choice, the
/// interval is a point.
class Limits {
 public:
  explicit Limits(const DayProblem& day);
  [[nodiscard]] Range operator()(kernel::TwoSided variable, std::size_t t) const;

 private:
  enum class Flexible { free, all_low, all_high };
  static Flexible flexible_choice(const DayProblem& day);
  [[nodiscard]] Range stored_range(std::size_t t) const;

  const DayProblem& day_;
  Flexible flexible_;
  bool idle_;
};

}  // namespace gridtally::qp
