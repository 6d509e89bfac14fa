#pragma once

#include <cstddef>

// The interface between blocks.cpp and the elimination, which is compiled once per instruction set.
// Plain data only: nothing here may emit code that the linker could share between the two.

namespace gridtally::reference::block {

/// Prosumers side by side. The same on every processor, so that sums over prosumers run in one
/// order everywhere.
inline constexpr std::size_t lanes = 4;

/// Two-sided variables of a slot, in the order of their arrays.
enum Variable { grid, renewable, flexible, charge, discharge, reserve, stored, variables };
/// Slacks of y − g ≥ 0 and b − b_min − e ≥ 0.
enum Slack { below_peak, above_reserve, slacks };

/// What stays between calls: arrays of T · lanes numbers, [slot][lane]. A fixed variable has
/// multipliers 0; every other's are positive.
enum SlotField {
  lower_x_0,                               ///< x − lower bound
  upper_x_0 = lower_x_0 + int{variables},  ///< upper bound − x
  lower_z_0 = upper_x_0 + int{variables},
  upper_z_0 = lower_z_0 + int{variables},
  step_0 = upper_z_0 + int{variables},   // dx
  lower_dz_0 = step_0 + int{variables},  // dz; between respond and move its right-hand side
  upper_dz_0 = lower_dz_0 + int{variables},
  slack_x_0 = upper_dz_0 + int{variables},
  slack_z_0 = slack_x_0 + int{slacks},
  slack_step_0 = slack_z_0 + int{slacks},
  slack_dz_0 = slack_step_0 + int{slacks},
  battery_price = slack_dz_0 + int{slacks},  ///< μ
  battery_step,
  flexible_gradient,  ///< of ω (l − L_ref)² at the lower bound
  demand,             ///< lower bounds' l + L_if
  stored_shift,       ///< (lower b[t] − lower b[t−1]) of the battery equation
  slot_fields
};

/// Scalars of each prosumer, [lane].
enum LaneField {
  efficiency,  ///< η
  inverse_efficiency,
  curvature,  ///< 2ω
  wear,       ///< κ
  peak_price,
  flexible_excess,  ///< Σ lower l − E
  flexible_price,   ///< ν
  flexible_step,
  peak_lower_x,  ///< y
  peak_upper_x,
  peak_lower_z,
  peak_upper_z,
  peak_step,
  peak_lower_dz,
  peak_upper_dz,
  per_energy,  ///< 1 / scale of the residuals [1/kWh]
  per_price,   ///< [kWh/cent]
  lane_fields
};

/// Scratch of one call, shared by all batches.
enum WorkField {
  inverse_0,                           // 1/H of each variable, slacks eliminated
  rho_0 = inverse_0 + int{variables},  // right-hand sides
  dual_0 = rho_0 + int{variables},     // residuals of stationarity
  slack_weight_0 = dual_0 + int{variables},
  grid_weight = slack_weight_0 + int{slacks},  // H of g and e without their slacks
  reserve_weight,
  dynamics,  // residual of the battery equation
  transfer,
  inertia,
  cover,
  shrink,
  stiffness,
  arrival,
  mean,
  mu_part,  // of dμ and db that is being added
  level_part,
  work_fields
};

struct Batch {
  std::size_t slots;
  double* slot;                 ///< [slot_fields][T][lanes]
  double* lane;                 ///< [lane_fields][lanes]
  double* work;                 ///< [work_fields][T][lanes]
  const double* price;          ///< [T] π + q [cents/kWh]
  const double* grid_price;     ///< [T] α
  const double* reserve_price;  ///< [T] π_as
};

/// What respond() adds to: [..][lanes].
struct Responses {
  double* gap;        ///< Σ of the complementarity products [cents]
  double* net_trade;  ///< [T] s [kWh]
  double* supply;     ///< [T] s + ds at unchanged prices [kWh]
  double* response;   ///< [T (T + 1)/2] −∂s_i/∂p_j, j ≤ i, row by row; null: not wanted
  double* residuals;  ///< [2] worst primal, worst dual, relative to the scales
};

/// What move() adds to: [..][lanes].
struct Motion {
  double* worst;     ///< largest −dx/x of what must stay positive
  double* products;  ///< [2] change of the products: linear and quadratic in the step length
  double* supply;    ///< [T] s + ds [kWh]
};

/// The complementarity products aimed at, and whether Mehrotra's second-order term of the last
/// move() counts.
struct Aim {
  double centre;
  double second;
};

/// Moves by `alpha` times the last move()'s step.
using Advance = void (*)(const Batch&, double alpha);
/// The Newton step at unchanged prices for `aim`, and how the net trade answers prices.
using Respond = void (*)(const Batch&, Aim aim, const Responses& out);
/// Adds to the step of the last respond() what the price step `dp` [T] changes.
using Move = void (*)(const Batch&, const double* dp, const Motion& out);

struct Kernel {
  Advance advance;
  Respond respond;
  Move move;
};

Kernel kernel_baseline();
#if defined(__x86_64__)
Kernel kernel_avx2();  ///< same results; for processors with AVX2
#endif

}  // namespace gridtally::reference::block
