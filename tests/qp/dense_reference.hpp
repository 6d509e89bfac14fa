#pragma once

#include <vector>

#include "qp/random_day.hpp"

namespace gridtally::qp {

/// Optimal C_u + 1/(2φ) Σ (s − A)² of a day with target A [cents], by a dense interior-point method
/// that shares nothing with the solver: slow, obvious, for small T. NaN when it does not converge.
double dense_proximal_optimum(const Day& day);

}  // namespace gridtally::qp
