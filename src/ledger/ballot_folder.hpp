#pragma once

#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "ledger/ballot.hpp"

namespace gridtally::ledger {

/// Where gridtally-vote leaves ballots for a run that is going on: files that end in ".ballot",
/// each one encoded ballot. Looked through a few times a second.
class BallotFolder {
 public:
  explicit BallotFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Ballots that have come since the last call. What is no ballot is passed over.
  std::vector<Ballot> take_new(std::chrono::steady_clock::time_point now);

 private:
  std::filesystem::path folder_;
  std::set<std::string> seen_;
  std::chrono::steady_clock::time_point next_look_{};
};

/// "<archive>.ballots"
std::filesystem::path ballot_folder_of(const std::filesystem::path& archive);
/// Writes the ballot where the run looks for it; IoError. The file's name.
std::filesystem::path leave_ballot(const std::filesystem::path& folder, const Ballot& ballot);

}  // namespace gridtally::ledger
