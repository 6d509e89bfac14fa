#pragma once

#include <cstddef>

// The interface between the packing code and the kernels, which are compiled once per vector width.
// Plain data only: nothing here may emit code that the linker could share between the widths.

namespace gridtally::qp::kernel {

enum class Mode { proximal, fixed, linear };

/// Two-sided variables of a slot, in the order of their arrays.
enum TwoSided { grid, renewable, flexible, charge, discharge, reserve, stored, two_sided };
/// One-sided variables: y − g, b − b_min − e, and in fixed mode the unserved and spilled energy.
enum OneSided { below_peak, above_reserve, unserved, spilled, one_sided };

/// Arrays of T·W numbers, [slot][lane]; scalars of W numbers, [lane].
enum SlotField {
  width_0,                                 ///< upper − lower bound of each two-sided variable
  lower_x_0 = width_0 + int{two_sided},    ///< x − lower
  upper_x_0 = lower_x_0 + int{two_sided},  ///< upper − x
  lower_z_0 = upper_x_0 + int{two_sided},
  upper_z_0 = lower_z_0 + int{two_sided},
  active_0 = upper_z_0 + int{two_sided},   ///< 1, or 0 where the variable is fixed
  gradient_0 = active_0 + int{two_sided},  ///< linear cost at the lower bounds
  one_x_0 = gradient_0 + int{two_sided},
  one_z_0 = one_x_0 + int{one_sided},
  one_active_0 = one_z_0 + int{one_sided},
  target = one_active_0 + int{one_sided},  ///< A, s or π + q
  supply,                                  ///< lower bounds' sum: g + r + d − l − L_if − c
  stored_shift,   ///< (lower b[t] − lower b[t−1]) − η lower c + lower d / η
  price,          ///< p
  battery_price,  ///< μ
  inputs_end,
  // private to the kernel from here
  inverse_0 = inputs_end,
  weight_0 = inverse_0 + int{two_sided},  // H of each two-sided variable
  rho_0 = weight_0 + int{two_sided},      // right-hand sides
  step_0 = rho_0 + int{two_sided},
  lower_dz_0 = step_0 + int{two_sided},
  upper_dz_0 = lower_dz_0 + int{two_sided},
  one_step_0 = upper_dz_0 + int{two_sided},
  one_dz_0 = one_step_0 + int{one_sided},
  one_inverse_0 = one_dz_0 + int{one_sided},
  dual_0 = one_inverse_0 + int{one_sided},  // residuals of stationarity
  one_dual_0 = dual_0 + int{two_sided},
  balance = one_dual_0 + int{one_sided},  // residual
  dynamics,                               // residual of the battery equation
  elastic,                                // k
  transfer,                               // v_μ
  inertia,                                // S
  cover,                                  // C
  shrink,                                 // 1 / (1 + C H)
  stiffness,                              // H̃ of b
  arrival,                                // a
  mean,                                   // m
  flex_mu,
  flex_mean,
  flex_p,
  peak_mu,
  peak_mean,
  peak_p,
  price_step,
  battery_step,
  slot_fields
};

enum LaneField {
  compliance,  ///< φ
  penalty,     ///< M, cost of unserved and spilled energy
  efficiency,  ///< η
  inverse_efficiency,
  curvature,        ///< 2ω
  tie_break,        ///< δ [cents/kWh²]
  p2p_price,        ///< π
  flexible_excess,  ///< Σ lower l − E
  peak_gradient,    ///< β
  peak_lower_x,     ///< y
  peak_upper_x,
  peak_lower_z,
  peak_upper_z,
  peak_active,
  flexible_active,
  flexible_price,  ///< ν
  energy_scale,    ///< of the residuals [kWh]
  price_scale,     ///< of the residuals [cents/kWh]
  products,        ///< number of complementarity products
  alive,           ///< in: 1, or 0 for an empty lane; out: 1 where not converged
  rounds,          ///< out: iterations
  lane_fields
};

struct Batch {
  Mode mode;
  std::size_t slots;
  double* slot;  ///< [slot_fields][T][W], aligned to 64 bytes
  double* lane;  ///< [lane_fields][W], aligned to 64 bytes
};

void solve_1(const Batch& batch);
void solve_2(const Batch& batch);
void solve_4(const Batch& batch);
void solve_8(const Batch& batch);

}  // namespace gridtally::qp::kernel
