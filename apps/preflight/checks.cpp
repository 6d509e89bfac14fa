#include "preflight/checks.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "base/text.hpp"

namespace gridtally::preflight {

namespace {

constexpr double slow_sync = 0.050;  // [s]; a block waits for one
constexpr double hot = 80.0;         // [°C]: a Raspberry Pi slows down from there on

using Nodes = std::vector<NodeFacts>;

std::string hosts_where(const Nodes& nodes, const std::function<bool(const NodeFacts&)>& is_so) {
  std::string names;
  for (const auto& node : nodes) {
    if (is_so(node)) names += (names.empty() ? "" : ", ") + node.host;
  }
  return names;
}

std::string in_gigabytes(std::uint64_t bytes) {
  return to_fixed(static_cast<double>(bytes) / 1e9, 1) + " GB";
}

Check check_alike(const Nodes& nodes, const std::string& what,
                  const std::function<std::string(const NodeFacts&)>& of, Level level,
                  const std::string& remedy) {
  std::map<std::string, std::string> hosts;
  for (const auto& node : nodes) {
    auto& names = hosts[of(node)];
    names += (names.empty() ? "" : ", ") + node.host;
  }
  if (hosts.size() == 1) return {Level::fine, what, hosts.begin()->first + " on all nodes", ""};
  std::string found;
  for (const auto& [value, names] : hosts) {
    found += (found.empty() ? "" : "; ") + value + " on " + names;
  }
  return {level, what, found, remedy};
}

/// `bad`: names of nodes where it is not so.
Check check_all(const std::string& what, const std::string& bad, Level level,
                const std::string& fine, const std::string& wrong, const std::string& remedy) {
  if (bad.empty()) return {Level::fine, what, fine, ""};
  return {level, what, wrong + " on " + bad, remedy};
}

Check check_number(const Nodes& nodes, const Needs& needs) {
  const auto found = std::to_string(nodes.size()) + " of " + std::to_string(needs.nodes) +
                     (needs.nodes == 1 ? " node" : " nodes") + " answered";
  if (nodes.size() >= needs.nodes) return {Level::fine, "nodes", found, ""};
  return {
      Level::failure, "nodes", found,
      "ask for fewer by --nodes, or give what starts programs there: --partition or --hostfile"};
}

// Letters go between ranks as they lie in memory: Debian's Open MPI converts nothing. Only these
// two are known to lay them out alike (tests/aarch64).
Check check_architecture(const Nodes& nodes) {
  auto check = check_alike(
      nodes, "architecture", [](const auto& node) { return node.architecture; }, Level::failure,
      "one run may be on nodes of x86_64 and of aarch64, no others: MPI hands their numbers over "
      "unchanged, and only these two are known to write them alike. Leave the other nodes out");
  const bool known = std::all_of(nodes.begin(), nodes.end(), [](const auto& node) {
    return node.architecture == "x86_64" || node.architecture == "aarch64";
  });
  if (check.level == Level::fine || !known) return check;
  return {Level::fine, check.what, check.found + ": one run may be on both", ""};
}

// Of one architecture all must run the same bytes; another one has a build of its own.
Check check_build(const Nodes& nodes) {
  const char* remedy = "build the same version for all nodes";
  auto check = check_alike(
      nodes, "gridtally", [](const auto& node) { return node.program; }, Level::failure, remedy);
  if (check.level != Level::fine) return check;
  std::map<std::string, Nodes> alike;
  for (const auto& node : nodes) alike[node.architecture].push_back(node);
  for (const auto& [architecture, group] : alike) {
    auto same = check_alike(
        group, "gridtally", [](const auto& node) { return "build " + node.build; }, Level::failure,
        remedy);
    if (same.level != Level::fine) return same;
    check.found += ", " + architecture + " build " + group.front().build;
  }
  return check;
}

Check check_clock(const Nodes& nodes, const Asked& asked) {
  double worst = 0.0;
  for (const auto& node : nodes) worst = std::max(worst, clock_error(node, asked));
  const auto resolution = to_fixed(std::max(0.0, asked.end - asked.start), 1);
  const auto bad = hosts_where(
      nodes, [&](const auto& node) { return clock_error(node, asked) > clock_tolerance; });
  return check_all("clocks", bad, Level::warning,
                   "within " + to_fixed(clock_tolerance, 0) + " s, as far as " + resolution +
                       " s of asking can show",
                   "off by " + to_fixed(worst, 1) + " s or more", clock_remedy);
}

/// `mark`: what addresses of that version have in them. The name stands before, the speed after.
bool has_address(const NodeFacts& node, char mark) {
  return std::any_of(node.interfaces.begin(), node.interfaces.end(), [&](const auto& each) {
    return each.find(mark, each.find(' ')) != std::string::npos;
  });
}

Check check_interfaces(const Nodes& nodes) {
  const auto bad = hosts_where(nodes, [](const auto& node) { return node.interfaces.empty(); });
  std::string found;
  for (const auto& node : nodes) {
    if (node.interfaces.empty()) continue;
    found = node.host + ": ";
    for (const auto& each : node.interfaces) {
      found += (each == node.interfaces.front() ? "" : "; ") + each;
    }
    break;
  }
  const auto level = nodes.size() > 1 ? Level::failure : Level::warning;
  auto check = check_all("interfaces", bad, level, found, "none with an address is up",
                         "connect it, or leave that node out");
  const bool several = std::any_of(nodes.begin(), nodes.end(),
                                   [](const auto& node) { return node.interfaces.size() > 1; });
  if (check.level == Level::fine && several && nodes.size() > 1) {
    return {Level::warning, "interfaces", found,
            "several: say which one MPI is to use, as OMPI_MCA_btl_tcp_if_include=eth0"};
  }
  const auto without_4 =
      hosts_where(nodes, [](const auto& node) { return !has_address(node, '.'); });
  const auto without_6 =
      hosts_where(nodes, [](const auto& node) { return !has_address(node, ':'); });
  if (check.level == Level::fine && !without_4.empty() && !without_6.empty()) {
    return {Level::warning, "interfaces", "no IPv4 on " + without_4 + ", no IPv6 on " + without_6,
            "give all of them addresses of one version"};
  }
  return check;
}

Check check_output(const Nodes& nodes) {
  const auto bad = hosts_where(nodes, [](const auto& node) { return !node.output.empty(); });
  std::string why;
  for (const auto& node : nodes) {
    if (!node.output.empty()) why = node.output;
  }
  return check_all("output folder", bad, Level::failure, "can be written on all nodes",
                   "cannot be written (" + why + ")",
                   "choose another by --output, or give yourself the right to write there");
}

Check check_shared(const Nodes& nodes) {
  const auto bad = hosts_where(nodes, [](const auto& node) { return !node.sees_token; });
  return check_all("shared output", bad, Level::warning, "the same folder on all nodes",
                   "another folder",
                   "rank 0's node holds the archive, each other node the private files and keys "
                   "of its own meters: --resume must find them there again");
}

Check check_locks(const Nodes& nodes) {
  const auto bad = hosts_where(nodes, [](const auto& node) { return !node.locks; });
  return check_all("file locks", bad, Level::failure, "a second writer is refused",
                   "a second writer is not refused",
                   "write to a file system with locks (NFS: mount with local_lock=none; Lustre: "
                   "mount with flock)");
}

Check check_sync(const Nodes& nodes) {
  double worst = 0.0;
  for (const auto& node : nodes) worst = std::max(worst, node.sync);
  const auto bad = hosts_where(nodes, [](const auto& node) { return node.sync > slow_sync; });
  const auto took = to_fixed(1e3 * worst, 2) + " ms";
  return check_all("fsync", bad, Level::warning, took + " at most", took,
                   "every block waits for one: write to a faster disk");
}

Check check_memory(const Nodes& nodes, const Needs& needs) {
  const auto needed = needs.memory_a_rank * needs.tasks_a_node;
  const auto bad = hosts_where(nodes, [&](const auto& node) { return node.memory < needed; });
  std::uint64_t least = nodes.empty() ? 0 : nodes.front().memory;
  for (const auto& node : nodes) least = std::min(least, node.memory);
  const auto found = in_gigabytes(least) + " available, " + in_gigabytes(needed) + " needed";
  return check_all(
      "memory", bad, Level::warning, found + " at most", found + " at most",
      "fewer tasks a node, or more nodes. Rank 0, which writes the archive, takes that "
      "much, the others less");
}

Check check_cores(const Nodes& nodes, const Needs& needs) {
  const auto bad =
      hosts_where(nodes, [&](const auto& node) { return node.cores < needs.tasks_a_node; });
  const auto tasks = std::to_string(needs.tasks_a_node) + " tasks a node";
  return check_all("cores", bad, Level::warning, "enough for " + tasks, "fewer than " + tasks,
                   "ranks share cores there and wait for each other");
}

Check check_disk(const Nodes& nodes, const Needs& needs) {
  const auto bad = hosts_where(
      nodes, [&](const auto& node) { return node.output.empty() && node.free_disk < needs.disk; });
  std::uint64_t least = nodes.empty() ? 0 : nodes.front().free_disk;
  for (const auto& node : nodes) least = std::min(least, node.free_disk);
  const auto found = in_gigabytes(least) + " free, " + in_gigabytes(needs.disk) + " needed at most";
  return check_all("disk", bad, Level::failure, found, found,
                   "make room, keep fewer iterates (--iterates final), or choose another folder");
}

Check check_heat(const Nodes& nodes) {
  double hottest = 0.0;
  for (const auto& node : nodes) hottest = std::max(hottest, node.temperature);
  const auto bad = hosts_where(nodes, [](const auto& node) { return node.temperature > hot; });
  const auto found = hottest > 0.0 ? to_fixed(hottest, 0) + " °C" : "not shown by these kernels";
  return check_all("temperature", bad, Level::warning, found, found,
                   "it slows down to cool: give it air");
}

}  // namespace

double clock_error(const NodeFacts& facts, const Asked& asked) {
  return std::max({0.0, asked.start - facts.clock, facts.clock - asked.end});
}

std::vector<Check> check_nodes(const Nodes& nodes, const Asked& asked, const Needs& needs) {
  std::vector<Check> checks{check_number(nodes, needs)};
  if (nodes.empty()) return checks;
  checks.push_back(check_architecture(nodes));
  checks.push_back(check_build(nodes));
  checks.push_back(check_alike(
      nodes, "MPI", [](const auto& node) { return node.mpi; }, Level::failure,
      "install the same version on all nodes"));
  checks.push_back(check_alike(
      nodes, "HDF5", [](const auto& node) { return node.hdf5; }, Level::failure,
      "install the same version on all nodes"));
  checks.push_back(check_clock(nodes, asked));
  checks.push_back(check_interfaces(nodes));
  checks.push_back(check_output(nodes));
  checks.push_back(check_shared(nodes));
  checks.push_back(check_locks(nodes));
  checks.push_back(check_sync(nodes));
  checks.push_back(check_cores(nodes, needs));
  checks.push_back(check_memory(nodes, needs));
  checks.push_back(check_disk(nodes, needs));
  checks.push_back(check_heat(nodes));
  return checks;
}

bool any_failure(const std::vector<Check>& checks) {
  return std::any_of(checks.begin(), checks.end(),
                     [](const Check& check) { return check.level == Level::failure; });
}

}  // namespace gridtally::preflight
