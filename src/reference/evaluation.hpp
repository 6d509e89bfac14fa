#pragma once

#include <functional>
#include <span>
#include <vector>

#include "qp/day_problem.hpp"
#include "reference/blocks.hpp"
#include "reference/chunk_sums.hpp"
#include "reference/household.hpp"
#include "reference/market_nodes.hpp"
#include "reference/outcome.hpp"

namespace gridtally::reference {

/// A rank's prosumers, as every method has them.
struct Part {
  std::span<const qp::DayProblem> days;  ///< in the order of the chunks
  std::vector<Chunk> chunks;
  const ChunkSums& sums;
  const MarketNodes& market;
  const Terms& terms;
};

/// Largest residual of the day's own equations and of e ≤ b − b_min at `x` [kWh]. Says nothing of
/// the market's balance.
double own_residual(const qp::DayProblem& day, const qp::Solution& x);

/// Reads day `i` of the part.
using Reader = std::function<void(std::size_t i, qp::Solution& out)>;

/// Sets the outcome's figures from the prosumers' schedules and multipliers and the nodes' prices
/// π + q [node][T]: the bound is qp::dual_bound of everyone, less what the lines can earn, Σ limit
/// |p_from − p_to|. Returns Σ s of each node and slot [kWh]. Collective.
std::vector<double> evaluate(const Part& part, const std::vector<double>& prices,
                             const Reader& read, Outcome& outcome);

}  // namespace gridtally::reference
