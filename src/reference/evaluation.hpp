#pragma once

#include "qp/day_problem.hpp"

namespace gridtally::reference {

/// Largest residual of the day's own equations and of e ≤ b − b_min at `x` [kWh]. Says nothing of
/// the market's balance.
double own_residual(const qp::DayProblem& day, const qp::Solution& x);

}  // namespace gridtally::reference
