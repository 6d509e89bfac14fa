#pragma once

#include <vector>

#include "reference/evaluation.hpp"
#include "reference/kkt_solver.hpp"
#include "reference/program.hpp"

namespace gridtally::reference {

/// One day of any community, lines included, as one sparse programme on PETSc. Collective.
class KktClearing {
 public:
  /// `part` and `layout` must outlive this.
  KktClearing(MPI_Comm ranks, const Part& part, const Layout& layout);

  Outcome solve(const Accuracy& accuracy);
  /// Level at the end of each of this rank's days [kWh].
  [[nodiscard]] std::vector<double> end_levels() const;

 private:
  [[nodiscard]] bool worth_evaluating(const Outcome& outcome, const Accuracy& accuracy) const;
  void evaluate(Outcome& outcome) const;

  const Part& part_;
  CommunityProgram program_;
  KktSolver solver_;
};

}  // namespace gridtally::reference
