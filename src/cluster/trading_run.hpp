#pragma once

#include <filesystem>
#include <vector>

#include "archive/iterates.hpp"
#include "cluster/genesis_setup.hpp"
#include "cluster/network.hpp"
#include "cluster/progress.hpp"
#include "cluster/rank_report.hpp"
#include "cluster/validator_host.hpp"
#include "ledger/benefit.hpp"

namespace gridtally::cluster {

struct RunOutput {
  std::filesystem::path archive;        ///< public; written by rank 0
  std::filesystem::path private_files;  ///< one file a meter, written by the meter's rank
  bool replace = false;                 ///< --force
  bool resume = false;                  ///< goes on with what is there
  Talk talk = Talk::normal;
  int lanes = 0;               ///< of the QP kernels; 0: the widest this processor has
  bool merged = false;         ///< one private file for all meters, at the end
  archive::Iterates iterates;  ///< which the archive keeps
};

/// How a run deals with those who are late, silent or worse. Nothing of it is in the genesis.
struct Conduct {
  Patience patience;
  std::chrono::seconds give_up{60};  ///< the run halts when a height finds no quorum for so long
  FaultPlan faults;
  std::vector<ledger::Ballot> ballots;   ///< of all validators, the same on every rank
  std::filesystem::path ballot_folder;   ///< gridtally-vote writes there while the run goes on
  std::optional<Clock::time_point> end;  ///< the run stops in time before it (WallTime)
  std::filesystem::path record_folder;   ///< of the ranks' VoteRecords
};

/// A prosumer whose account could not have paid a day's bill.
struct Unfunded {
  std::uint32_t day = 0;
  std::uint32_t prosumer = 0;
};

/// What a run came to, the same on every rank.
struct RunSummary {
  ledger::Outcome outcome = ledger::Outcome::running;
  ledger::ContractState state;  ///< after the last block
  ledger::Digest head{};
  std::vector<ledger::Benefit> benefits;   ///< sums of the settled days, one a prosumer
  std::vector<RankReport> ranks;           ///< of each rank
  std::string halted;                      ///< why the run could not go on; empty: it did
  std::string stopped;                     ///< what asked it to stop for now; empty: nothing
  std::vector<ledger::Evidence> evidence;  ///< of misconduct, in the archive; on rank 0 only
  std::vector<Unfunded> unfunded;          ///< in day, then prosumer order
};

/// Algorithm 1 on the ledger, day after day, until the run ends. Collective over all ranks.
RunSummary run_market(const ledger::Genesis& genesis, const Layout& layout, const Network& network,
                      Secrets secrets, const RunOutput& output, const Conduct& conduct);

}  // namespace gridtally::cluster
