#pragma once

#include <span>
#include <vector>

#include "market/contract.hpp"

namespace gridtally::market {

/// The iterate as a point (acceleration.hpp).
Point point_of(const Terms& terms, const Iterate& iterate);

/// Puts the iterate at z: p' and λ that go with it.
void set_point(const Terms& terms, std::span<const double> z, Iterate& iterate);

/// p'_uv = ½ (z_uv − z_vu) within the pair's limit, from z_uv = p_uv − λ_uv/ρ: step 2 of
/// model.md 2.
void mirror_pairs(const Terms& terms, std::span<const double> trade, Iterate& iterate);

/// Takes the mean of all rows off each: Θ matters by its differences only (model.md 3 c).
void centre(const Terms& terms, const Community& community, std::span<double> rows);

/// A new ρ where it is due; true when it changed.
bool balance(const Terms& terms, const Sizes& sizes, Iterate& iterate);

/// After the plain step from `before`: a new ρ, or the extrapolated point, or the way back from one
/// that did worse (model.md 3 e). Collective where the community's sums are.
void extrapolate(const Terms& terms, const Community& community, const Point& before,
                 const Sizes& sizes, Iterate& iterate);

}  // namespace gridtally::market
