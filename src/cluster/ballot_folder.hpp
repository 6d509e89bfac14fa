#pragma once

#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "cluster/alarms.hpp"
#include "ledger/ballot.hpp"

namespace gridtally::cluster {

/// Where gridtally-vote leaves ballots for a run that is going on: files that end in ".ballot",
/// each one encoded ballot. Looked through a few times a second.
class BallotFolder {
 public:
  explicit BallotFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Ballots that have come since the last call. What is no ballot is passed over.
  std::vector<ledger::Ballot> take_new(Clock::time_point now);

 private:
  std::filesystem::path folder_;
  std::set<std::string> seen_;
  Clock::time_point next_look_{};
};

/// "<archive>.ballots"
std::filesystem::path ballot_folder_of(const std::filesystem::path& archive);
/// Writes the ballot where the run looks for it; IoError. The file's name.
std::filesystem::path leave_ballot(const std::filesystem::path& folder,
                                   const ledger::Ballot& ballot);

}  // namespace gridtally::cluster
