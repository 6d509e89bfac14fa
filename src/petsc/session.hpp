#pragma once

#include <petscsys.h>

#include <functional>
#include <string>
#include <vector>

namespace gridtally::petsc {

/// A command line taken apart. PETSc's options are the words with a single dash before a letter (-h
/// apart), each with the word after it if that has no dash or is a number; and everything after a
/// `--`. Those with two dashes are the program's.
struct CommandLine {
  std::vector<char*> program;  ///< argv[0] and the program's own words
  std::vector<char*> petsc;    ///< argv[0] and PETSc's
};
CommandLine take_apart(int argc, char* const* argv);

/// PETSc, and MPI with it, from beginning to end of a program. The only place that starts PETSc.
class Session {
 public:
  /// Collective over all ranks. Error when PETSc refuses its options.
  Session(int argc, char** argv);
  ~Session();  ///< collective over all ranks
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return ranks_; }
  /// The program's own words, argv[0] included.
  [[nodiscard]] const std::vector<char*>& arguments() const { return words_.program; }
  /// PETSc's options that nothing has asked for so far: misspelt, or for a solver not in use.
  [[nodiscard]] std::vector<std::string> unused_options() const;

  /// PETSc's options take effect no more: after a fault, so that PETSc's end adds nothing to it.
  void forget_options() const;

  /// Ends every rank at once; for faults that only this rank knows of.
  [[noreturn]] void abort(int status) const;

 private:
  CommandLine words_;
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
