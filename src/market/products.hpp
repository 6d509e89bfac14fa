#pragma once

#include <span>
#include <vector>

#include "market/contract.hpp"

namespace gridtally::market {

/// Vectors that are multiplied with one image, W b of extrapolate.cpp. Each is laid out as
/// Coordinates.
struct Factors {
  std::span<const double> image;
  std::vector<std::span<const double>> vectors;
};

/// a · W b for each vector a of each group in turn: of each prosumer the sum over its numbers in
/// their order (collapsed: τ's and Θ's apart, then both), and the community's sum of these.
/// Collective where the community's sums are.
std::vector<double> products(const Terms& terms, const Community& community,
                             const std::vector<Factors>& groups);

}  // namespace gridtally::market
