#pragma once

#include <mpi.h>

#include <functional>
#include <string>
#include <vector>

#include "cluster/layout.hpp"
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

/// Runs `stage` on every rank, without communication inside. Where it failed on any, every rank
/// throws an Error with the messages of all, each once. Collective over all ranks.
void run_together(const std::function<void()>& stage);

using Letters = std::vector<ledger::Bytes>;

/// How meters and validators reach each other: MPI moves the bytes, nothing is summed or ordered by
/// arrival. The ranks that host validators form a group of their own, in which they vote.
class Network {
 public:
  explicit Network(const Layout& layout);  ///< collective over all ranks
  ~Network();                              ///< collective over all ranks
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] bool is_validator_rank() const { return validators_ != MPI_COMM_NULL; }

  /// Collective over all ranks: everyone's letters arrive at `root`, in rank order; empty
  /// elsewhere.
  Letters gather(const Letters& letters, int root) const;
  /// Collective over all ranks: everyone gets everyone's letters, in rank order.
  Letters share(const Letters& letters) const;
  /// Collective over the validator ranks: every validator rank gets all letters, in rank order.
  Letters share_among_validators(const Letters& letters) const;
  /// Collective over all ranks: `bytes` of `root` reach everyone.
  ledger::Bytes broadcast(ledger::Bytes bytes, int root) const;

 private:
  int rank_ = 0;
  MPI_Comm everyone_ = MPI_COMM_NULL;
  MPI_Comm validators_ = MPI_COMM_NULL;
};

}  // namespace gridtally::cluster
