#pragma once

#include <mpi.h>

#include <vector>

#include "model/community.hpp"
#include "reference/household.hpp"
#include "reference/layout.hpp"
#include "reference/market_nodes.hpp"
#include "reference/outcome.hpp"

namespace gridtally::reference {

/// How a Newton step is solved.
enum class Method {
  automatic,  ///< eliminate where there are no lines, else kkt
  eliminate,  ///< prosumers eliminated, T prices a node left; not with lines
  kkt,        ///< the whole KKT system as a PETSc Mat
};

/// A community on MPI ranks, solved day by day: each day starts at the battery levels at which the
/// day before ended. Holds this rank's prosumers only. All calls are collective.
class Study {
 public:
  /// `community` is the same on every rank. InputError when the method cannot solve it.
  Study(MPI_Comm ranks, model::Community community, Method method);

  /// Solves day `day` (counted from 0) and goes on to its end. Days are solved in order.
  Outcome solve(std::size_t day, const Accuracy& accuracy);

  [[nodiscard]] const MarketNodes& market() const { return market_; }
  [[nodiscard]] Method method() const { return method_; }  ///< never automatic
  [[nodiscard]] std::size_t prosumers() const { return market_.node_of.size(); }

 private:
  template <class AnyClearing>
  Outcome run(AnyClearing& clearing, const Accuracy& accuracy);

  MPI_Comm ranks_;
  Method method_;
  int rank_ = 0;
  Terms terms_;
  MarketNodes market_;
  Layout layout_;
  std::vector<Household> households_;
};

}  // namespace gridtally::reference
