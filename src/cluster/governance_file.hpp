#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gridtally::cluster {

/// "validator 0 votes to add validator-4 at height 10"
struct GovernanceVote {
  std::uint32_t voter = 0;
  bool add = false;  ///< else: to remove
  std::string
      candidate;  ///< to add: a key's name or its public key; to remove: a number or the key
  std::uint64_t height = 0;  ///< from 1
  bool operator==(const GovernanceVote&) const = default;
};

/// The sentence that reads back as `vote`.
std::string to_text(const GovernanceVote& vote);

/// Votes in the order of the file (--governance FILE), one sentence a line. A candidate is checked
/// for its form only; who it is, the caller knows. InputError with one line for every line that
/// cannot be read, or that votes again on what its voter votes on at that height.
std::vector<GovernanceVote> read_governance_file(const std::filesystem::path& path);

}  // namespace gridtally::cluster
