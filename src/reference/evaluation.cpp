#include "reference/evaluation.hpp"

#include <algorithm>
#include <cmath>

namespace gridtally::reference {

namespace {

// Most that the lines can earn from differences of price.
double congestion_rent(const MarketNodes& market, const std::vector<double>& prices,
                       std::size_t slots) {
  double rent = 0.0;
  for (const auto& line : market.lines) {
    for (std::size_t t = 0; t < slots; ++t) {
      rent += line.limit * std::abs(prices[line.from * slots + t] - prices[line.to * slots + t]);
    }
  }
  return rent;
}

}  // namespace

double own_residual(const qp::DayProblem& day, const qp::Solution& x) {
  double worst = 0.0;
  double energy = 0.0;
  double level = day.battery_start;
  for (std::size_t t = 0; t < day.slots; ++t) {
    level += day.efficiency * x.charge[t] - x.discharge[t] / day.efficiency;
    worst = std::max(worst, std::abs(x.stored[t] - level));
    level = x.stored[t];
    const double balance = (x.grid[t] + x.renewable[t] + x.discharge[t] + x.net_trade[t]) -
                           (x.flexible[t] + day.inflexible[t] + x.charge[t]);
    worst = std::max(worst, std::abs(balance));
    worst = std::max(worst, x.reserve[t] - (x.stored[t] - day.battery_min));
    energy += x.flexible[t] - day.flexible_reference[t];
  }
  return std::max(worst, std::abs(energy));
}

std::vector<double> evaluate(const Part& part, const std::vector<double>& prices,
                             const Reader& read, Outcome& outcome) {
  const std::size_t slots = part.terms.slots;
  const std::size_t width = 2 + slots;  // cost, bound, s
  ChunkRows rows{width, std::vector<double>(part.chunks.size() * width, 0.0)};
  std::vector<double> premium(prices);
  for (double& q : premium) q -= part.terms.p2p_price;
  qp::Solution x(slots);
  double worst = 0.0;
  for (std::size_t c = 0; c < part.chunks.size(); ++c) {
    const auto& chunk = part.chunks[c];
    double* row = &rows.values[c * width];
    for (std::size_t i = chunk.first; i < chunk.first + chunk.count; ++i) {
      read(i, x);
      row[0] += qp::cost(part.days[i], x);
      row[1] += qp::dual_bound(part.days[i], &premium[chunk.node * slots], x);
      for (std::size_t t = 0; t < slots; ++t) row[2 + t] += x.net_trade[t];
      worst = std::max(worst, own_residual(part.days[i], x));
    }
  }
  const auto sums = part.sums.by_node(rows, part.market.nodes);
  outcome.optimum = outcome.dual_bound = 0.0;
  outcome.infeasibility = part.sums.largest(worst);
  outcome.prices = prices;
  std::vector<double> trades;
  for (std::size_t n = 0; n < part.market.nodes; ++n) {
    const double* row = &sums[n * width];
    outcome.optimum += row[0];
    outcome.dual_bound += row[1];
    trades.insert(trades.end(), row + 2, row + width);
  }
  outcome.dual_bound -= congestion_rent(part.market, prices, slots);
  return trades;
}

}  // namespace gridtally::reference
