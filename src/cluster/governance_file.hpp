#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>
namespace gridtally::cluster {
struct GovernanceVote {
  std::uint32_t voter;
  bool add;
  std::string candidate;
  std::uint64_t height;
};
inline std::vector<GovernanceVote> read_governance_file(const std::filesystem::path&) { return {}; }
}  // namespace gridtally::cluster
