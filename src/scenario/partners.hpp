#pragma once

#include <cstdint>

#include "market/partner_graph.hpp"

namespace gridtally::scenario {

/// Homes on the points of a square lattice, in random order: each may trade with the `partners`
/// (an even number) nearest points that have a home; at the edge there are fewer. Close numbers do
/// not mean close homes.
market::PartnerGraph neighbours(std::size_t homes, std::size_t partners, std::uint64_t seed);

/// Each home draws half of `partners` (an even number) among all others: `partners` on average.
market::PartnerGraph strangers(std::size_t homes, std::size_t partners, std::uint64_t seed);

}  // namespace gridtally::scenario
