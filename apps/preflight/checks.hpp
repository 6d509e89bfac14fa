#pragma once

#include <string>
#include <vector>

#include "preflight/node_facts.hpp"

namespace gridtally::preflight {

constexpr double clock_tolerance = 1.0;  // [s]
constexpr const char* clock_remedy =
    "start a time service (timedatectl set-ntp true). The chain does not depend on clocks; the "
    "times stored beside it do";

enum class Level : std::uint8_t { fine, warning, failure };

struct Check {
  Level level = Level::fine;
  std::string what;    ///< "MPI"
  std::string found;   ///< what is so
  std::string remedy;  ///< what to do about it; empty where all is well
};

/// When the nodes were asked and when the last had answered, by the asking node's clock [s].
struct Asked {
  double start = 0.0;
  double end = 0.0;
};

/// What the run will need.
struct Needs {
  std::size_t nodes = 1;
  std::uint64_t tasks_a_node = 1;
  std::uint64_t memory_a_rank = 0;  ///< [bytes]
  std::uint64_t disk = 0;           ///< [bytes]
};

/// How far `facts` show a node's clock to be off, at least [s]: it must have said its time between
/// the asking and the answer.
double clock_error(const NodeFacts& facts, const Asked& asked);

/// Each thing once for all nodes, naming those where it is not as it should be.
std::vector<Check> check_nodes(const std::vector<NodeFacts>& nodes, const Asked& asked,
                               const Needs& needs);
bool any_failure(const std::vector<Check>& checks);

}  // namespace gridtally::preflight
