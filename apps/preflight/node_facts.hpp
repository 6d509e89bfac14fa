#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gridtally::preflight {

/// What one node says of itself, without MPI being started.
struct NodeFacts {
  std::string host;
  std::string architecture;             ///< as uname -m
  std::string program;                  ///< gridtally's version
  std::string build;                    ///< of gridtally-solve, begins its SHA-256; "none": absent
  std::string mpi;                      ///< library and version
  std::string hdf5;                     ///< version
  std::vector<std::string> interfaces;  ///< up, with addresses: "eth0 10.0.0.4 fd00::4 1000 Mbit/s"
  std::uint64_t cores = 0;              ///< of the node
  std::uint64_t memory = 0;             ///< available [bytes]
  double clock = 0.0;                   ///< when it said so [s since 1970]
  std::string output;                   ///< what keeps the output folder from use; empty: nothing
  bool sees_token = false;              ///< the file that the asking node left there
  bool locks = false;                   ///< a file that is locked is refused, across nodes too
  double sync = 0.0;                    ///< median of an fsync of 4 KiB [s]
  std::uint64_t free_disk = 0;          ///< [bytes]
  double temperature = 0.0;             ///< of the hottest zone [°C]; 0: not shown

  bool operator==(const NodeFacts&) const = default;
};

/// Of this node. `output`: folder of the archive, or the nearest one above it that exists;
/// `token`: name of a file in it.
NodeFacts read_node_facts(const std::filesystem::path& output, const std::string& token);

/// One line "gridtally-node: name=value<TAB>..." without tabs or line breaks in values.
std::string to_line(const NodeFacts& facts);
/// Of everything in `text` that is such a line, in its order; FormatError for one that is damaged.
std::vector<NodeFacts> from_lines(const std::string& text);

}  // namespace gridtally::preflight
