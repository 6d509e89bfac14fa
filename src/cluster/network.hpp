#pragma once

#include <mpi.h>

#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::cluster {

/// MPI_Init and MPI_Finalize around a program.
class MpiSession {
 public:
  MpiSession(int* argc, char*** argv);
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return ranks_; }
  /// Ends every rank at once; for faults that only this rank knows of.
  [[noreturn]] void abort(int status) const;

 private:
  int rank_ = 0;
  int ranks_ = 1;
};

/// For programs whose ranks wait in Post alone: an MPI call that finds nothing returns at once,
/// where Open MPI would give the processor away first (mpi_yield_when_idle of jobs/mpi_env.sh), to
/// come back when all others have had their turn. Before MPI_Init.
void keep_processor_in_mpi();

/// What every rank throws at the same point: all can end in order, and one may speak for all.
class CommonError : public Error {
 public:
  using Error::Error;
};

/// Of the machine that this rank stands on. After MPI_Init.
std::string host_name();

/// What a rank that failed says; empty of one that did not.
struct Failure {
  std::string host;
  std::string message;
};

/// All lines, each once. Where the ranks stand on several hosts, a line that not all of them say
/// begins with the host of who says it.
std::string in_words(const std::vector<Failure>& failures);

/// Runs `stage` on every rank. Where it failed on any, every rank throws a CommonError with the
/// words of all. Ranks that wait for others sleep. What `stage` does together with other ranks must
/// end on all of them, if not alike. Collective over all ranks.
void run_together(const std::function<void()>& stage);

using Letters = std::vector<ledger::Bytes>;

/// What all ranks say to each other before and after a run, in step, by way of rank 0. MPI moves
/// the bytes, nothing is summed or ordered by arrival. While a run is alive, letters go by Post.
class Network {
 public:
  Network();

  [[nodiscard]] int rank() const { return rank_; }

  /// Collective over all ranks: everyone gets everyone's letters, in rank order.
  [[nodiscard]] Letters share(const Letters& letters) const;

  /// Collective over all ranks: of each the name of its host.
  [[nodiscard]] std::vector<std::string> hosts() const;

  /// For what else all ranks do together before and after a run.
  [[nodiscard]] MPI_Comm everyone() const { return everyone_; }

 private:
  int rank_ = 0;
  MPI_Comm everyone_ = MPI_COMM_WORLD;
};

}  // namespace gridtally::cluster
