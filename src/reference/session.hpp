#pragma once

#include <mpi.h>

#include <string>
#include <vector>

namespace gridtally::reference {

/// A command line taken apart. PETSc's options are the words with a single dash before a letter,
/// each with the word after it if that has no dash; and everything after a `--`.
struct CommandLine {
  std::vector<const char*> program;  ///< argv[0] and the program's own words
  std::vector<const char*> petsc;    ///< argv[0] and PETSc's
};
CommandLine take_apart(int argc, const char* const* argv);

/// PETSc, and with it MPI, around a program. Collective.
class Session {
 public:
  /// Error when PETSc refuses its options.
  explicit Session(const std::vector<const char*>& petsc_words);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] MPI_Comm ranks() const { return MPI_COMM_WORLD; }
  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }
  /// PETSc's options that nothing has asked for so far: misspelt, or for a solver not in use.
  [[nodiscard]] std::vector<std::string> unused_options() const;
  /// Ends every rank at once; for faults that only this rank may know of.
  [[noreturn]] void abort(int status) const;

 private:
  int rank_ = 0;
  int size_ = 1;
};

}  // namespace gridtally::reference
