#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "admm/households.hpp"

namespace gridtally::admm {

/// Below this, unserved energy is the rounding of sums [kWh].
inline constexpr double shortage_tolerance = 1e-6;

/// Load that a fixed-mode solution leaves unserved, and why.
struct Shortage {
  std::size_t slot = 0;   ///< where most is missing
  double missing = 0.0;   ///< there [kWh]
  std::size_t slots = 0;  ///< with something missing
  double total = 0.0;     ///< over the day [kWh]
  std::string limits;     ///< those that hold in that slot, by the names of the input files
};

/// Nothing when every slot is served. `solution`: of mode fixed, as the solver left it.
std::optional<Shortage> find_shortage(const qp::DayProblem& day, const qp::Solution& solution);

/// "without trading 1.2 kWh cannot be served: grid at grid_max_kwh 3, …"
std::string to_text(const Shortage& shortage);

/// InputError naming prosumer, day, slot and limits of every one of the first `days` days that a
/// household cannot live through without trade. Each day starts from the configured level, the
/// least that the day before can leave; whoever can live from there can live from a higher one.
void check_alone(std::span<const Household> households, const PublicTerms& terms, std::size_t days,
                 int lanes = 0);

}  // namespace gridtally::admm
