#pragma once

#include <cstddef>
#include <cstdint>

// The interface between the batch solver and the kernels, which are compiled once per vector width:
// 1 and 2 everywhere, 4 and 8 for x86-64.
// Plain data only: nothing here may emit code that the linker could share between the widths.

namespace gridtally::qp::kernel {

enum class Mode { proximal, fixed, linear };

/// What a lane is given: one day, with arrays of T numbers (DayProblem's) and its limits as
/// limits.hpp found them.
struct Day {
  const double* grid_price;
  const double* reserve_price;
  const double* renewable;
  const double* inflexible;
  const double* flexible_reference;
  const double* flexible_min;
  const double* flexible_max;
  const double* flexible_low;  ///< equal to flexible_high where the energy E leaves no choice
  const double* flexible_high;
  const double* target;  ///< A, s or q
  double compliance;     ///< φ
  double peak_price, p2p_price, battery_min, battery_max, battery_start, battery_end;
  double charge_max, discharge_max;      ///< 0 where the battery is idle
  double charge_limit, discharge_limit;  ///< as the prosumer has them
  double reserve_max;
  bool idle;  ///< the level stays at battery_start
  double efficiency, grid_max, discomfort_weight, wear_cost;
};

/// Which bounds hold a variable of a slot: two bits each, from bit 2·variable on.
enum Held : std::uint32_t { free = 0, at_low = 1, at_high = 2 };
/// Bits of a slot's word besides: the word is filled; in slot 0, the peak stands at its limit or 0.
constexpr std::uint32_t set_known = 1U << 31;
constexpr std::uint32_t set_peak_high = 1U << 30;
constexpr std::uint32_t set_peak_low = 1U << 29;

/// Where a lane's point goes, and where a warm start comes from. Arrays of T numbers.
struct Point {
  double *grid, *renewable, *flexible, *charge, *discharge, *stored, *reserve, *net_trade;
  double *unserved, *spilled, *price, *battery_price, *peak_share, *reserve_share;
  double* peak;
  double* flexible_price;
  std::uint32_t* active_set;
};

/// How a lane's point was found.
enum class Route { none, active_set, polished, interior };

struct Outcome {
  Route route = Route::none;  ///< none: not solved
  int iterations = 0;         ///< of the interior-point method
  int rounds = 0;             ///< solves with an active set
};

/// W problems side by side. Lanes whose `day` is null are empty.
struct Batch {
  Mode mode;
  std::size_t slots;
  void* memory;  ///< workspace_bytes(W, slots), aligned to 64 bytes
  const Day* const* day;
  const Point* const* point;
  Outcome* outcome;
};

/// From the points' active sets and prices; lanes that do not get there keep Route::none.
void warm_1(const Batch& batch);
void warm_2(const Batch& batch);
void warm_4(const Batch& batch);
void warm_8(const Batch& batch);

/// From nothing.
void cold_1(const Batch& batch);
void cold_2(const Batch& batch);
void cold_4(const Batch& batch);
void cold_8(const Batch& batch);

std::size_t workspace_1(std::size_t slots);
std::size_t workspace_2(std::size_t slots);
std::size_t workspace_4(std::size_t slots);
std::size_t workspace_8(std::size_t slots);

}  // namespace gridtally::qp::kernel
