#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/community.hpp"
#include "qp/day_problem.hpp"

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

/// Bounds of a day's variables (model.md 1). Where the flexible energy or the battery leaves no
/// choice the range is a point, so that what stays open has an interior.
class Bounds {
 public:
  explicit Bounds(const qp::DayProblem& day);
  [[nodiscard]] Range grid() const { return {0.0, day_.grid_max}; }
  [[nodiscard]] Range renewable(std::size_t t) const { return {0.0, day_.renewable[t]}; }
  [[nodiscard]] Range flexible(std::size_t t) const;
  [[nodiscard]] Range charge() const { return {0.0, idle_ ? 0.0 : day_.charge_max}; }
  [[nodiscard]] Range discharge() const { return {0.0, idle_ ? 0.0 : day_.discharge_max}; }
  [[nodiscard]] Range stored(std::size_t t) const;
  [[nodiscard]] Range reserve(std::size_t t) const;

 private:
  const qp::DayProblem& day_;
  bool all_low_ = false;  // flexible load
  bool all_high_ = false;
  bool idle_ = false;  // battery
};

/// Sizes that residuals are measured by.
struct Scales {
  double energy = 1.0;  ///< [kWh]
  double price = 1.0;   ///< [cents/kWh]
};
Scales scales(const qp::DayProblem& day);

}  // namespace gridtally::reference
