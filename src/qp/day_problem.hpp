#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridtally::qp {

/// One prosumer's day (model.md 1; the paper's eq. 1–2). Energies kWh per slot, money cents.
/// The spans have T numbers each and are not owned.
struct DayProblem {
  std::size_t slots = 0;  ///< T, 1 … 288
  const double* grid_price = nullptr;
  const double* reserve_price = nullptr;
  const double* renewable = nullptr;
  const double* inflexible = nullptr;
  const double* flexible_reference = nullptr;
  const double* flexible_min = nullptr;
  const double* flexible_max = nullptr;
  double peak_price = 0.0;
  double p2p_price = 0.0;
  double battery_min = 0.0;
  double battery_max = 0.0;    ///< equal to battery_min: no battery, nothing charges or discharges
  double battery_start = 0.0;  ///< b[0], the level at which the day before ended
  double battery_end = 0.0;    ///< least level at the day's end
  double charge_max = 0.0;
  double discharge_max = 0.0;
  double efficiency = 1.0;
  double grid_max = 0.0;
  double discomfort_weight = 1.0;
  double wear_cost = 1.0;
};

/// What decides the net trade s[t].
enum class Mode {
  proximal,  ///< + 1/(2φ) Σ (s − target)²; φ = n_u/ρ, target = A_u  (model.md 3 a)
  fixed,     ///< s = target; what cannot be served shows in `unserved` and `spilled`
  linear,    ///< + Σ target·s with s free: the term of the lower bound (model.md 4)
};

/// One solve: the day, the target (T numbers: A_u, s or q) and φ (proximal only).
struct Task {
  const DayProblem* day = nullptr;
  const double* target = nullptr;
  double compliance = 0.0;  ///< φ [kWh²/cent], > 0
};

enum class Status { solved, not_converged };

/// How a solution was found (README).
enum class Route {
  none,        ///< not solved
  active_set,  ///< warm: from the active set of the point before
  polished,    ///< cold: interior point, then exact by its active set
  interior,    ///< cold: interior point alone
};

/// A point of the day's problem with its multipliers. Vectors have T numbers.
struct Solution {
  Status status = Status::not_converged;
  Route route = Route::none;
  int iterations = 0;  ///< of the interior-point method
  int rounds = 0;      ///< Newton steps with an active set
  /// Which bounds hold in each slot: what a warm start goes by. Zeros: not known.
  std::vector<std::uint32_t> active_set;
  std::vector<double> grid, renewable, flexible, charge, discharge, stored, reserve;
  std::vector<double> net_trade;
  std::vector<double> unserved, spilled;  ///< fixed mode: missing and surplus energy; else zero
  double peak = 0.0;
  std::vector<double> price;          ///< p: multiplier of the balance [cents/kWh]
  std::vector<double> battery_price;  ///< μ: of the battery equation
  std::vector<double> peak_share;     ///< ζ ≥ 0: of y ≥ g
  std::vector<double> reserve_share;  ///< ξ ≥ 0: of e ≤ b − b_min
  double flexible_price = 0.0;        ///< ν: of Σ l = E

  explicit Solution(std::size_t slots = 0) { resize(slots); }
  void resize(std::size_t slots);
  /// The next warm start begins cold.
  void forget() { active_set.assign(active_set.size(), 0); }
};

/// C_u (model.md 1) of a schedule, with π s but without the proximal term [cents]. Sums run in
/// slot order; the peak is max_t g[t].
double cost(const DayProblem& day, const Solution& solution);

/// Lower bound of min_x C_u(x) + Σ q s by weak duality, for any multipliers (model.md 4): the
/// solution's μ, ν, ζ, ξ with the balance multiplier pinned to π + q [cents].
double dual_bound(const DayProblem& day, const double* premium, const Solution& multipliers);

}  // namespace gridtally::qp
