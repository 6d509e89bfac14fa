#pragma once

#include <vector>

#include "qp/day_problem.hpp"
#include "qp/random_day.hpp"

namespace gridtally::qp {

/// How far a point is from satisfying the optimality conditions of its day, written apart from the
/// solver. Primal in units of the day's energies, complementarity in units of prices × energies.
struct Optimality {
  double primal = 0.0;           ///< equations and bounds
  double dual = 0.0;             ///< wrong signs of ζ, ξ; what y and s leave unexplained
  double complementarity = 0.0;  ///< largest (reduced cost) × (distance to the bound it pushes to)
};

double price_scale(const Day& day, Mode mode);
double energy_scale(const Day& day);

Optimality optimality(const Day& day, Mode mode, const std::vector<double>& target,
                      const Solution& x);

}  // namespace gridtally::qp
