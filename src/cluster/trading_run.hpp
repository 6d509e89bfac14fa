#pragma once

#include <filesystem>
#include <vector>

#include "cluster/genesis_setup.hpp"
#include "cluster/network.hpp"
#include "cluster/progress.hpp"
#include "ledger/benefit.hpp"

namespace gridtally::cluster {

struct RunOutput {
  std::filesystem::path archive;        ///< public; written by rank 0
  std::filesystem::path private_files;  ///< one file a meter, written by the meter's rank
  bool replace = false;                 ///< --force
  Talk talk = Talk::normal;
  int lanes = 0;  ///< of the QP kernels; 0: the widest this processor has
};

/// Where one rank's time went [s]. For reports only: nothing of it enters the chain.
struct RunSeconds {
  double qp = 0.0;       ///< the prosumers' optimisation problems
  double archive = 0.0;  ///< journal, segments, private files
  double waiting = 0.0;  ///< letters between ranks: their transport, and waiting for other ranks
  double total = 0.0;

  /// Func C, commitments, signatures, hashes, votes, re-execution: all else.
  [[nodiscard]] double ledger() const { return total - qp - archive - waiting; }
};

/// What a run came to, the same on every rank.
struct RunSummary {
  ledger::Outcome outcome = ledger::Outcome::running;
  ledger::ContractState state;  ///< after the last block
  ledger::Digest head{};
  std::vector<ledger::Benefit> benefits;  ///< sums of the settled days, one a prosumer
  std::vector<RunSeconds> seconds;        ///< of each rank
};

/// Algorithm 1 on the ledger, day after day, until the run ends. Collective over all ranks.
RunSummary run_market(const ledger::Genesis& genesis, const Layout& layout, const Network& network,
                      Secrets secrets, const RunOutput& output);

}  // namespace gridtally::cluster
