#pragma once

#include <string>
#include <vector>

#include "cluster/network.hpp"
#include "cluster/traffic.hpp"

namespace gridtally::cluster {

/// Where one rank's time went [s].
struct RunSeconds {
  double qp = 0.0;       ///< the prosumers' optimisation problems
  double archive = 0.0;  ///< handing over blocks, days and private files; their last writes
  double waiting = 0.0;  ///< letters between ranks: their transport, and waiting for other ranks
  double total = 0.0;
  /// Besides: processor time of the threads that write journal, segments and private files.
  double background = 0.0;

  /// Func C, commitments, signatures, hashes, votes, re-execution: all else.
  [[nodiscard]] double ledger() const { return total - qp - archive - waiting; }
};

/// What one rank did in a run. For reports only: nothing of it enters the chain.
struct RankReport {
  std::string host;
  RunSeconds seconds;
  std::uint64_t blocks = 0;         ///< made while it ran, without those of earlier lives
  std::uint64_t memory_before = 0;  ///< before its first block [bytes]
  std::uint64_t memory = 0;         ///< at most [bytes]
  Traffic traffic;                  ///< counted
  Traffic expected;                 ///< by TrafficModel
};

/// Of all ranks, in their order; says of each where it is and what memory it took. Collective over
/// all ranks.
std::vector<RankReport> share_reports(RankReport own, const Network& network);

}  // namespace gridtally::cluster
