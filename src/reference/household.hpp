#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/community.hpp"
#include "qp/day_problem.hpp"
#include "qp/limits.hpp"

namespace gridtally::reference {

/// One prosumer of this rank.
struct Household {
  std::uint32_t index = 0;  ///< in the community
  model::Prosumer prosumer;
  model::Profile profile;
  double battery_level = 0.0;  ///< before the day's first slot [kWh]
};

/// What everyone shares.
struct Terms {
  std::size_t slots = 24;
  double peak_price = 0.0;
  double p2p_price = 0.0;
  model::Tariff tariff;
};

/// The prosumer's problem of study day `day`; points into `terms` and `home`.
qp::DayProblem day_problem(const Terms& terms, const Household& home, std::size_t day);

/// Bounds of one variable in one slot [kWh].
struct Range {
  double low = 0.0;
  double high = 0.0;
  /// Whether there is a choice: an interior-point method needs room inside.
  [[nodiscard]] bool open() const;
};

/// Bounds of a day's variables, as qp has them: where the flexible energy or the battery leaves no
/// choice the range is a point, so that what stays open has an interior.
class Bounds {
 public:
  /// `day` must outlive it.
  explicit Bounds(const qp::DayProblem& day) : limits_(day) {}
  [[nodiscard]] Range grid() const { return range(qp::Quantity::grid, 0); }
  [[nodiscard]] Range renewable(std::size_t t) const { return range(qp::Quantity::renewable, t); }
  [[nodiscard]] Range flexible(std::size_t t) const { return range(qp::Quantity::flexible, t); }
  [[nodiscard]] Range charge() const { return range(qp::Quantity::charge, 0); }
  [[nodiscard]] Range discharge() const { return range(qp::Quantity::discharge, 0); }
  [[nodiscard]] Range stored(std::size_t t) const { return range(qp::Quantity::stored, t); }
  [[nodiscard]] Range reserve(std::size_t t) const { return range(qp::Quantity::reserve, t); }

 private:
  [[nodiscard]] Range range(qp::Quantity quantity, std::size_t t) const {
    const auto [low, high] = limits_(quantity, t);
    return {low, high};
  }

  qp::Limits limits_;
};

/// Sizes that residuals are measured by.
struct Scales {
  double energy = 1.0;  ///< [kWh]
  double price = 1.0;   ///< [cents/kWh]
};
Scales scales(const qp::DayProblem& day);

}  // namespace gridtally::reference
