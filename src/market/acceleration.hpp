#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/uninitialized.hpp"

namespace gridtally::market {

/// Numbers of a point, as one row: collapsed τ then Θ, each [prosumers][T]; pairwise
/// z_uv = p'_uv − λ_uv/ρ, [arcs][T].
using Coordinates = std::vector<double, Uninitialized<double>>;
/// A point of Algorithm 1 or a difference of two. Shared, never changed once made.
using Point = std::shared_ptr<const Coordinates>;

/// What Func A remembers of a day: the last points and steps, for Anderson's extrapolation, and
/// when ρ changed (model.md 3 e). Equality compares what the points hold.
struct Acceleration {
  Point point;                         ///< z^k at which the last decisions were taken
  Point step;                          ///< f^k = g(z^k) − z^k: what the plain algorithm did there
  std::vector<Point> points;           ///< differences of successive points, oldest first
  std::vector<Point> steps;            ///< of successive steps
  std::vector<Point> moves;            ///< Δz + Δf of each of these, for whoever extrapolates
  std::vector<double> step_products;   ///< ⟨Δf_i, Δf_j⟩, row-major [kept][kept]
  std::vector<double> point_products;  ///< ⟨Δz_i, Δz_j⟩
  double square = 0.0;                 ///< ‖f^k‖²
  bool extrapolated = false;           ///< the point in force is no plain one
  int changed = 0;                     ///< iteration at which ρ changed last

  [[nodiscard]] std::size_t kept() const { return steps.size(); }
  [[nodiscard]] bool operator==(const Acceleration& other) const;
};

/// Forgets points and steps, as when ρ changes: the steps of another ρ are of another map.
void forget_steps(Acceleration& memory);

/// How the last point and step differ from those before.
struct Change {
  Point point;  ///< Δz = z − z^{k−1}
  Point step;   ///< Δf = f − f^{k−1}
  Point move;   ///< Δz + Δf
};

/// Appends a change and its products with all kept ones, itself last; drops the oldest beyond
/// `most`.
void remember(Acceleration& memory, std::size_t most, const Change& change,
              std::span<const double> point_products, std::span<const double> step_products);

/// γ that minimises ‖f − Σ γ_i Δf_i‖² + η ‖Σ γ_i Δz_i‖², no longer than 50 ‖f‖ in ‖Σ γ_i Δz_i‖.
/// `right` are ⟨Δf_i, f⟩. Empty when the equations are singular to rounding.
std::vector<double> extrapolation_weights(const Acceleration& memory,
                                          std::span<const double> right);

/// Squares of sizes after an iteration, each a sum over ordered pairs [kWh²].
struct Sizes {
  double missed = 0.0;  ///< ‖p' − p‖²
  double moved = 0.0;   ///< ‖p'^k − p'^{k−1}‖²
  double traded = 0.0;  ///< ‖p'‖²
  double priced = 0.0;  ///< ‖λ/ρ‖²
};

/// p' moved by at most 1e-5 of itself.
bool at_rest(const Sizes& sizes);

/// ρ times this brings ‖p' − p‖/‖p'‖ and ‖p' moved‖/‖λ/ρ‖ together; 1 where they are within a
/// factor of 4 or ρ changed of late. At rest it does not fall: what still moves is the tie break.
double penalty_factor(const Acceleration& memory, int iteration, const Sizes& sizes);

}  // namespace gridtally::market
