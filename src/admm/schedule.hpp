#pragma once

#include <span>

#include "qp/day_problem.hpp"

namespace gridtally::admm {

/// Largest balance residual of a published schedule [kWh, relative to the slot's largest flow]:
/// what adding a handful of doubles can leave.
inline constexpr double balance_tolerance = 1e-12;

/// Turns a fixed-mode solution into a schedule that can be published for net trade `net_trade`
/// [T, kWh]: inside every bound, battery equation and flexible energy to rounding, balance to
/// `balance_tolerance`; grid and renewable take up what the solver's accuracy left. Returns true;
/// or false with, in `change` [T, kWh], the change of net trade that each slot needs.
bool make_exact(const qp::DayProblem& day, std::span<const double> net_trade,
                qp::Solution& schedule, std::span<double> change);

/// g + r + d + s − l − L_if − c of slot t [kWh].
double balance_residual(const qp::DayProblem& day, const qp::Solution& schedule, std::size_t t);

}  // namespace gridtally::admm
