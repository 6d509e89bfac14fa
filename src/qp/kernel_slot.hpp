// The kernel's memory: one record a slot, one for the day, each number W wide.
#pragma once

#include "qp/kernel.hpp"
#include "qp/kernel_lanes.hpp"

namespace gridtally::qp::kernel {
namespace {

/// Variables of a slot between two bounds. The level is b = b_min + e + w: as the reserve e pays
/// and w does not, e fills first, and e ≤ b − b_min holds by itself. The upper bound of the grid is
/// the peak y.
enum Variable { grid, renewable, flexible, charge, discharge, reserve, spare, variables };
/// Energy that fixed mode leaves unserved or spills: at least 0.
enum Elastic { unserved, spilled, elastics };
/// Right-hand sides of the Newton system: the step itself, and the answers to dν = 1 and dy = 1.
enum Side { main_side, flex_side, peak_side, sides };

template <int W>
struct Slot {
  using V = typename Lanes<W>::Vector;
  using M = typename Lanes<W>::Mask;

  // The day.
  V on[variables];        // 1, or 0 where the bounds leave one value
  V width[variables];     // upper − lower bound; of the grid: unused
  V gradient[variables];  // linear cost at the lower bound
  V lowest[variables];    // lower bound
  V supply;               // g + r + d − l − L_if − c at the lower bounds
  V shift;                // b[t] − b[t−1] − η c + d/η at the lower bounds
  V target;               // A, s or π + q

  // The point: x − lower bound, p, μ.
  V price, battery_price;
  V low[variables], high[variables];                  // distances to the bounds
  V low_z[variables], high_z[variables];              // their multipliers
  V low_inverse[variables], high_inverse[variables];  // 1/(distance · multiplier)
  V low_push[variables], high_push[variables];  // second-order term, then the product aimed at
  V extra[elastics], extra_z[elastics], extra_inverse[elastics], extra_push[elastics];

  // The point of an active set.
  V x[variables], extra_x[elastics];
  V set_price, set_battery_price;
  M held_low[variables], held_high[variables], extra_held[elastics];

  // The Newton system.
  V inverse[variables];    // 1/H, 0 where held; of the grid: 1/(H + w), w the weight of y − g
  V pull;                  // w/(H + w): how far the grid follows the peak
  V own;                   // H of the grid without w
  V extra_give[elastics];  // 1/H
  V rho[variables];        // right-hand sides
  V extra_rho[elastics];
  V level_rho;                                     // of the level: q in sweep()
  V balance, dynamics;                             // residuals
  V elastic, transfer, rest_share, inertia;        // k, v, 1 − k l, S
  V cover, keep, weigh, level_gain, arrival_gain;  // see Newton::sweep
  V gain, split;  // db over dμ of the next slot; share of the reserve in the level
  V arrival[sides], mean[sides], mu[sides], p[sides];
  V step[variables], extra_step[elastics], price_step, battery_step;
};

template <int W>
struct Whole {
  using V = typename Lanes<W>::Vector;
  using M = typename Lanes<W>::Mask;

  V compliance, penalty, efficiency, inverse_efficiency;
  V curvature;  // of the flexible load: 2ω, at least δ
  V tie_break;  // δ, of grid, renewable, charge, discharge and the elastic energies
  V p2p_price, peak_gradient, grid_max, flexible_excess, flexible_on, peak_on;
  V energy_scale, price_scale, products;
  V flexible_price, peak;                        // ν, y
  V peak_room, peak_z, peak_inverse, peak_push;  // grid_max − y
  V set_flexible_price, set_peak;
  M peak_high, peak_low;  // y held at grid_max, at 0
};

template <int W>
struct Work {
  Slot<W>* slot;
  Whole<W>* whole;
  std::size_t slots;
};

}  // namespace
}  // namespace gridtally::qp::kernel
