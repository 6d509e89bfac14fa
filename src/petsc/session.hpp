#pragma once

#include <petscsys.h>

#include <functional>
#include <vector>

namespace gridtally::petsc {

/// PETSc, and MPI with it, from beginning to end of a program. The only place that starts them.
///
/// Options with one dash are PETSc's (-log_view, -ksp_monitor, -mat_partitioning_type parmetis),
/// those with two are the program's: `arguments` are what is left for it. A word after one of
/// PETSc's options is its value unless it begins with a dash, so a program's own words come first.
class Session {
 public:
  Session(int argc, char** argv);  ///< collective over all ranks
  ~Session();                      ///< collective over all ranks
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return ranks_; }
  [[nodiscard]] const std::vector<char*>& arguments() const { return own_; }  ///< argv[0] included

  /// Ends every rank at once; for faults that only this rank knows of.
  [[noreturn]] void abort(int status) const;

 private:
  std::vector<char*> own_;
  std::vector<char*> petsc_;
  int rank_ = 0;
  int ranks_ = 1;
};

/// Runs `stage` on every rank, without communication inside. Where it failed on any, every rank
/// throws the Error of the first of them. Collective over all ranks.
void run_together(const std::function<void()>& stage);

/// Throws an Error saying what was being done when a PETSc function did not return 0; PETSc's own
/// account is on standard error by then.
void check(PetscErrorCode code, const char* doing);

}  // namespace gridtally::petsc
