#include "reference/kkt_clearing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gridtally::reference {

KktClearing::KktClearing(MPI_Comm ranks, const Part& part, const Layout& layout)
    : part_(part),
      program_(ranks, part.days, part.market, layout, part.terms),
      solver_(ranks, program_.program()) {}

Outcome KktClearing::solve(const Accuracy& accuracy) {
  Outcome outcome;
  outcome.optimum = std::numeric_limits<double>::infinity();
  for (;; ++outcome.iterations) {
    const bool last = outcome.iterations == accuracy.max_iterations;
    if (last || worth_evaluating(outcome, accuracy)) evaluate(outcome);
    outcome.solved = outcome.within(accuracy);
    if (outcome.solved || last) return outcome;
    solver_.step();
  }
}

bool KktClearing::worth_evaluating(const Outcome& outcome, const Accuracy& accuracy) const {
  const double price = program_.program().price_scale;
  if (solver_.dual_residual() > 1e-7 * price || solver_.primal_residual() > 1e-5) return false;
  return !(solver_.gap() > 10.0 * accuracy.gap * std::max(1.0, std::abs(outcome.optimum)));
}

void KktClearing::evaluate(Outcome& outcome) const {
  const auto& point = solver_.point();
  reference::evaluate(
      part_, program_.prices(point),
      [&](std::size_t i, qp::Solution& x) { program_.read(i, point, x); }, outcome);
  outcome.infeasibility = std::max(outcome.infeasibility, solver_.primal_residual());
}

std::vector<double> KktClearing::end_levels() const {
  std::vector<double> levels;
  qp::Solution x(part_.terms.slots);
  for (std::size_t i = 0; i < part_.days.size(); ++i) {
    program_.read(i, solver_.point(), x);
    levels.push_back(x.stored.back());
  }
  return levels;
}

}  // namespace gridtally::reference
