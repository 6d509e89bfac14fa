#include "reference/kkt_solver.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace gridtally::reference {

namespace {

constexpr double boundary = 0.995;

bool is_variable(const Program::Unknown& u) { return !u.is_row; }
bool has_upper(const Program::Unknown& u) { return is_variable(u) && std::isfinite(u.upper); }

VecHandle make_vec(Mat mat) {
  Vec vec = nullptr;
  require(MatCreateVecs(mat, &vec, nullptr), "MatCreateVecs");
  return VecHandle(vec);
}

void fill(Vec vec, const std::vector<double>& values) {
  PetscScalar* data = nullptr;
  require(VecGetArrayWrite(vec, &data), "VecGetArrayWrite");
  std::copy(values.begin(), values.end(), data);
  require(VecRestoreArrayWrite(vec, &data), "VecRestoreArrayWrite");
}

// Pivots that are too small move up MUMPS' tree: more than its estimate allows for.
void give_mumps_room(PC pc) {
  constexpr PetscInt work_space = 14;  // MUMPS' ICNTL(14), in per cent
  MatSolverType type = nullptr;
  require(PCFactorGetMatSolverType(pc, &type), "PCFactorGetMatSolverType");
  if (type == nullptr || std::string_view(type) != MATSOLVERMUMPS) return;
  Mat factor = nullptr;
  require(PCFactorSetUpMatSolverType(pc), "PCFactorSetUpMatSolverType");
  require(PCFactorGetMatrix(pc, &factor), "PCFactorGetMatrix");
  require(MatMumpsSetIcntl(factor, work_space, 100), "MatMumpsSetIcntl");
}

double shrinkage(double x, double dx) { return -dx / x; }

}  // namespace

KktSolver::KktSolver(MPI_Comm ranks, const Program& program) : ranks_(ranks), program_(program) {
  assemble();
  make_solver();
  double products = 0.0;
  for (const auto& u : program_.unknowns) {
    point_.push_back(u.start);
    lower_x_.push_back(is_variable(u) ? u.start - u.lower : 1.0);
    upper_x_.push_back(has_upper(u) ? u.upper - u.start : 1.0);
    lower_z_.push_back(is_variable(u) ? program_.price_scale : 0.0);
    upper_z_.push_back(has_upper(u) ? program_.price_scale : 0.0);
    products += is_variable(u) ? (has_upper(u) ? 2.0 : 1.0) : 0.0;
  }
  const std::size_t size = point_.size();
  for (auto* values : {&step_, &lower_dz_, &upper_dz_, &residual_}) values->assign(size, 0.0);
  products_ = std::max(sum(products), 1.0);
  residuals();
}

// The matrix without H, by coordinates: the pattern of A and Aᵀ and an explicit diagonal.
void KktSolver::assemble() {
  const auto own = static_cast<PetscInt>(program_.unknowns.size());
  std::vector<PetscInt> rows, columns;
  std::vector<PetscScalar> factors;
  const auto add = [&](std::int64_t row, std::int64_t column, double factor) {
    rows.push_back(static_cast<PetscInt>(row));
    columns.push_back(static_cast<PetscInt>(column));
    factors.push_back(factor);
  };
  for (PetscInt i = 0; i < own; ++i) add(program_.first + i, program_.first + i, 0.0);
  for (const auto& [row, column, factor] : program_.entries) {
    add(row, column, factor);
    add(column, row, factor);
  }
  Mat mat = nullptr;
  require(MatCreate(ranks_, &mat), "MatCreate");
  structure_.reset(mat);
  require(MatSetSizes(mat, own, own, PETSC_DETERMINE, PETSC_DETERMINE), "MatSetSizes");
  require(MatSetType(mat, MATAIJ), "MatSetType");
  require(MatSetPreallocationCOO(mat, static_cast<PetscCount>(rows.size()), rows.data(),
                                 columns.data()),
          "MatSetPreallocationCOO");
  require(MatSetValuesCOO(mat, factors.data(), INSERT_VALUES), "MatSetValuesCOO");
  Mat system = nullptr;
  require(MatDuplicate(mat, MAT_COPY_VALUES, &system), "MatDuplicate");
  system_.reset(system);
  require(MatSetOption(system, MAT_SYMMETRIC, PETSC_TRUE), "MatSetOption");
  require(MatSetOption(system, MAT_SYMMETRY_ETERNAL, PETSC_TRUE), "MatSetOption");
  for (auto* vec : {&right_, &in_, &out_, &scale_, &correction_}) *vec = make_vec(mat);
  for (const auto& [row, value] : program_.right) {
    require(VecSetValue(right_.get(), static_cast<PetscInt>(row), value, ADD_VALUES),
            "VecSetValue");
  }
  require(VecAssemblyBegin(right_.get()), "VecAssemblyBegin");
  require(VecAssemblyEnd(right_.get()), "VecAssemblyEnd");
  right_values_ = values(right_.get());
}

void KktSolver::make_solver() {
  KSP ksp = nullptr;
  require(KSPCreate(ranks_, &ksp), "KSPCreate");
  ksp_.reset(ksp);
  PC pc = nullptr;
  require(KSPSetType(ksp, KSPPREONLY), "KSPSetType");
  require(KSPGetPC(ksp, &pc), "KSPGetPC");
  require(PCSetType(pc, PCCHOLESKY), "PCSetType");
  require(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS), "PCFactorSetMatSolverType");
  require(KSPSetOperators(ksp, system_.get(), system_.get()), "KSPSetOperators");
  require(KSPSetFromOptions(ksp), "KSPSetFromOptions");
  give_mumps_room(pc);
}

void KktSolver::step() {
  set_system();
  aim(0.0, false);
  solve();
  const double affine = longest_step();
  const double ratio = std::max(gap_after(affine) / gap_, 0.0);
  aim(ratio * ratio * ratio * gap_ / products_, affine > 0.1);
  solve();
  advance(std::min(1.0, boundary * longest_step()));
  residuals();
}

// residual_: of stationarity for a variable, of its equation for a row.
void KktSolver::residuals() {
  fill(in_.get(), point_);
  require(MatMult(structure_.get(), in_.get(), out_.get()), "MatMult");
  residual_ = values(out_.get());
  double primal = 0.0;
  double dual = 0.0;
  double gap = 0.0;
  for (std::size_t i = 0; i < point_.size(); ++i) {
    const auto& u = program_.unknowns[i];
    if (u.is_row) {
      residual_[i] -= right_values_[i];
      primal = std::max(primal, std::abs(residual_[i]));
      continue;
    }
    residual_[i] += u.curvature * point_[i] + u.gradient - lower_z_[i] + upper_z_[i];
    dual = std::max(dual, std::abs(residual_[i]));
    gap += lower_x_[i] * lower_z_[i];
    if (has_upper(u)) gap += upper_x_[i] * upper_z_[i];
  }
  primal_residual_ = largest(primal);
  dual_residual_ = largest(dual);
  gap_ = sum(gap);
}

// The system S K S, S such that the diagonal of H becomes 1 and the largest number of each row of A
// too: weights of 10^-10 beside 10^10 then need no pivoting.
void KktSolver::set_system() {
  const std::size_t size = point_.size();
  std::vector<double> scale(size, 1.0), diagonal(size, 0.0);
  for (std::size_t i = 0; i < size; ++i) {
    const auto& u = program_.unknowns[i];
    if (u.is_row) continue;
    double weight = u.curvature + lower_z_[i] / lower_x_[i];
    if (has_upper(u)) weight += upper_z_[i] / upper_x_[i];
    scale[i] = 1.0 / std::sqrt(weight);
    diagonal[i] = 1.0;
  }
  Mat system = system_.get();
  fill(scale_.get(), scale);
  require(MatCopy(structure_.get(), system, SAME_NONZERO_PATTERN), "MatCopy");
  require(MatDiagonalScale(system, scale_.get(), scale_.get()), "MatDiagonalScale");
  require(MatGetRowMaxAbs(system, in_.get(), nullptr), "MatGetRowMaxAbs");
  const auto most = values(in_.get());
  std::vector<double> row_scale(size, 1.0);
  for (std::size_t i = 0; i < size; ++i) {
    if (!program_.unknowns[i].is_row) continue;
    // An equation without variables says 0 = residual: its multiplier stays where it is.
    diagonal[i] = most[i] > 0.0 ? 0.0 : -1.0;
    row_scale[i] = most[i] > 0.0 ? 1.0 / most[i] : 1.0;
    scale[i] *= row_scale[i];
  }
  fill(in_.get(), row_scale);
  require(MatDiagonalScale(system, in_.get(), in_.get()), "MatDiagonalScale");
  fill(in_.get(), diagonal);
  require(MatDiagonalSet(system, in_.get(), INSERT_VALUES), "MatDiagonalSet");
  fill(scale_.get(), scale);
  require(KSPSetOperators(ksp_.get(), system, system), "KSPSetOperators");
}

// Right-hand sides of the complementarity equations for products of `centre`, less the second-order
// term of the step before where asked for.
void KktSolver::aim(double centre, bool second) {
  for (std::size_t i = 0; i < point_.size(); ++i) {
    const auto& u = program_.unknowns[i];
    if (u.is_row) continue;
    const double dx = second ? step_[i] : 0.0;
    lower_dz_[i] = centre - dx * lower_dz_[i] - lower_x_[i] * lower_z_[i];
    if (has_upper(u)) {
      upper_dz_[i] = centre + dx * upper_dz_[i] - upper_x_[i] * upper_z_[i];
    }
  }
}

void KktSolver::solve() {
  std::vector<double> right(point_.size());
  for (std::size_t i = 0; i < point_.size(); ++i) {
    const auto& u = program_.unknowns[i];
    right[i] = -residual_[i];
    if (u.is_row) continue;
    right[i] += lower_dz_[i] / lower_x_[i];
    if (has_upper(u)) right[i] -= upper_dz_[i] / upper_x_[i];
  }
  fill(in_.get(), right);
  require(VecPointwiseMult(in_.get(), in_.get(), scale_.get()), "VecPointwiseMult");
  const auto solve_once = [&](Vec from, Vec to) {
    require(KSPSolve(ksp_.get(), from, to), "KSPSolve");
    KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
    require(KSPGetConvergedReason(ksp_.get(), &reason), "KSPGetConvergedReason");
    if (reason >= 0) return;
    throw Error(std::string("PETSc's linear solver did not converge (") +
                    KSPConvergedReasons[reason] +
                    "): -ksp_converged_reason tells more; the default " +
                    "is -ksp_type preonly -pc_type cholesky -pc_factor_mat_solver_type mumps",
                ExitStatus::not_converged);
  };
  solve_once(in_.get(), out_.get());
  require(MatMult(system_.get(), out_.get(), correction_.get()), "MatMult");
  require(VecAYPX(correction_.get(), -1.0, in_.get()), "VecAYPX");
  solve_once(correction_.get(), in_.get());
  require(VecAXPY(out_.get(), 1.0, in_.get()), "VecAXPY");
  require(VecPointwiseMult(out_.get(), out_.get(), scale_.get()), "VecPointwiseMult");
  step_ = values(out_.get());
  for (std::size_t i = 0; i < point_.size(); ++i) {
    const auto& u = program_.unknowns[i];
    if (u.is_row) continue;
    lower_dz_[i] = (lower_dz_[i] - lower_z_[i] * step_[i]) / lower_x_[i];
    if (has_upper(u)) {
      upper_dz_[i] = (upper_dz_[i] + upper_z_[i] * step_[i]) / upper_x_[i];
    }
  }
}

double KktSolver::longest_step() const {
  double worst = 1.0;
  for (std::size_t i = 0; i < point_.size(); ++i) {
    const auto& u = program_.unknowns[i];
    if (u.is_row) continue;
    worst =
        std::max({worst, shrinkage(lower_x_[i], step_[i]), shrinkage(lower_z_[i], lower_dz_[i])});
    if (!has_upper(u)) continue;
    worst =
        std::max({worst, shrinkage(upper_x_[i], -step_[i]), shrinkage(upper_z_[i], upper_dz_[i])});
  }
  return 1.0 / largest(worst);
}

double KktSolver::gap_after(double alpha) const {
  double gap = 0.0;
  for (std::size_t i = 0; i < point_.size(); ++i) {
    const auto& u = program_.unknowns[i];
    if (u.is_row) continue;
    const double dx = alpha * step_[i];
    gap += (lower_x_[i] + dx) * (lower_z_[i] + alpha * lower_dz_[i]);
    if (has_upper(u)) gap += (upper_x_[i] - dx) * (upper_z_[i] + alpha * upper_dz_[i]);
  }
  return sum(gap);
}

void KktSolver::advance(double alpha) {
  for (std::size_t i = 0; i < point_.size(); ++i) {
    const double dx = alpha * step_[i];
    point_[i] += dx;
    lower_x_[i] += dx;
    upper_x_[i] -= dx;
    lower_z_[i] += alpha * lower_dz_[i];
    upper_z_[i] += alpha * upper_dz_[i];
  }
}

double KktSolver::sum(double value) const {
  double all = 0.0;
  MPI_Allreduce(&value, &all, 1, MPI_DOUBLE, MPI_SUM, ranks_);
  return all;
}

double KktSolver::largest(double value) const {
  double all = 0.0;
  MPI_Allreduce(&value, &all, 1, MPI_DOUBLE, MPI_MAX, ranks_);
  return all;
}

std::vector<double> KktSolver::values(Vec vec) const {
  const PetscScalar* data = nullptr;
  require(VecGetArrayRead(vec, &data), "VecGetArrayRead");
  std::vector<double> copy(data, data + program_.unknowns.size());
  require(VecRestoreArrayRead(vec, &data), "VecRestoreArrayRead");
  return copy;
}

}  // namespace gridtally::reference
