#pragma once

#include <vector>

#include "reference/petsc_handles.hpp"
#include "reference/program.hpp"

namespace gridtally::reference {

/// Mehrotra's predictor-corrector interior-point method on a distributed sparse programme. A
/// Newton step solves, as a PETSc Mat with PETSc's KSP (by default MUMPS' LDLᵀ),
///   [H Aᵀ; A 0] [dx; dy] = right sides,   H = curvature + z_l/x_l + z_u/x_u,
/// refined by one more solve. All calls are collective.
class KktSolver {
 public:
  KktSolver(MPI_Comm ranks, const Program& program);

  /// Goes one Newton step.
  void step();
  /// x and y at the present point, this rank's.
  [[nodiscard]] const std::vector<double>& point() const { return point_; }
  /// Largest residuals and sum of the complementarity products at the present point.
  [[nodiscard]] double primal_residual() const { return primal_residual_; }  ///< [kWh]
  [[nodiscard]] double dual_residual() const { return dual_residual_; }      ///< [cents/kWh]
  [[nodiscard]] double gap() const { return gap_; }                          ///< [cents]

 private:
  void assemble();
  void make_solver();
  void residuals();
  void set_system();
  void aim(double centre, bool second);
  void solve();
  double longest_step() const;
  double gap_after(double alpha) const;
  void advance(double alpha);
  [[nodiscard]] double sum(double value) const;
  [[nodiscard]] double largest(double value) const;
  [[nodiscard]] std::vector<double> values(Vec vec) const;

  MPI_Comm ranks_;
  const Program& program_;
  MatHandle structure_, system_;  // without H; with it, scaled
  VecHandle right_, in_, out_, scale_, correction_;
  KspHandle ksp_;
  std::vector<double> point_;              // x, and y of rows
  std::vector<double> lower_x_, upper_x_;  // distances from the bounds
  std::vector<double> lower_z_, upper_z_;
  std::vector<double> step_, lower_dz_, upper_dz_;  // dz: before solve() its right-hand sides
  std::vector<double> right_values_, residual_;
  double products_ = 1.0;
  double gap_ = 0.0, primal_residual_ = 0.0, dual_residual_ = 0.0;
};

}  // namespace gridtally::reference
