#pragma once

#include <cstddef>
#include <memory>
#include <random>
#include <vector>

#include "qp/day_problem.hpp"

namespace gridtally::qp {

/// Numbers in [low, high), the same for the same seed.
class Numbers {
 public:
  explicit Numbers(unsigned seed) : engine_(seed) {}
  double operator()(double low, double high) {
    return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1p-53;
  }
  bool chance(double share) { return (*this)(0.0, 1.0) < share; }

 private:
  std::mt19937_64 engine_;
};

/// A day that owns its profiles, with a target and φ to solve it for.
struct Day {
  std::vector<double> grid_price, reserve_price, renewable, inflexible;
  std::vector<double> flexible_reference, flexible_min, flexible_max;
  std::vector<double> target;
  double compliance = 0.1;
  DayProblem problem;

  /// A day without load, renewable, flexible load or battery, prices 30 and 0 cents/kWh.
  explicit Day(std::size_t slots);
  Day(const Day&) = delete;
  Day& operator=(const Day&) = delete;

  [[nodiscard]] Task task() const { return {&problem, target.data(), compliance}; }
  [[nodiscard]] Task task(const std::vector<double>& other) const {
    return {&problem, other.data(), compliance};
  }
};

using Days = std::vector<std::unique_ptr<Day>>;

/// A varied day, feasible when s is free: some without PV, battery or flexible load, some with a
/// full or an empty battery, zero or equal prices, η = 1, grid_max = 0. Energies are about `scale`
/// kWh.
std::unique_ptr<Day> random_day(unsigned seed, std::size_t slots, double scale);

/// `count` varied days of `slots` slots.
Days random_days(unsigned seed, std::size_t count, std::size_t slots);

}  // namespace gridtally::qp
