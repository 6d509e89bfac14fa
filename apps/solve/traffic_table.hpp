#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cluster/layout.hpp"
#include "cluster/rank_report.hpp"

namespace gridtally::solve {

/// CSV, a row for each rank and kind of letter, and one of all kinds: letters and bytes counted
/// in this life of the run, and those that src/cluster/README.md's formula gives for its blocks.
std::string traffic_table(const cluster::Layout& layout,
                          const std::vector<cluster::RankReport>& ranks);
/// Error where the file cannot be written.
void write_traffic(const std::filesystem::path& file, const cluster::Layout& layout,
                   const std::vector<cluster::RankReport>& ranks);

}  // namespace gridtally::solve
