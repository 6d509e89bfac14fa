#include "preflight/node_facts.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <hdf5.h>
#include <ifaddrs.h>
#include <mpi.h>
#include <net/if.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/options.hpp"
#include "ledger/sha256.hpp"
#include "preflight/program.hpp"

namespace gridtally::preflight {

namespace {

constexpr std::string_view mark = "gridtally-node: ";

std::string mpi_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  MPI_Get_library_version(text.data(), &length);
  const std::string all(text.data(), static_cast<std::size_t>(length));
  return all.substr(0, all.find(','));  // "Open MPI v4.1.4", then how it was built
}

std::string hdf5_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  H5get_libversion(&major, &minor, &release);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

// Of the node: what asks it is one task, and may be bound to one of them.
std::uint64_t cores_of_node() {
  return static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

std::string build_of(const std::filesystem::path& program) {
  std::error_code absent;
  if (!std::filesystem::exists(program, absent)) return "none";
  return ledger::to_hex(ledger::sha256(read_file(program))).substr(0, 12);
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

std::uint64_t available_memory() {
  std::ifstream in("/proc/meminfo");
  std::string name;
  std::uint64_t kilobytes = 0;
  std::string unit;
  while (in >> name >> kilobytes >> unit) {
    if (name == "MemAvailable:") return kilobytes << 10U;
  }
  return 0;
}

/// Of one that MPI can use: neither the host's own nor of one link only; empty for others.
std::string address_text(const ifaddrs& entry) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool up = (entry.ifa_flags & IFF_UP) != 0 && (entry.ifa_flags & IFF_LOOPBACK) == 0;
  if (!up || entry.ifa_addr == nullptr) return {};
  if (entry.ifa_addr->sa_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(entry.ifa_addr);
    inet_ntop(AF_INET, &in->sin_addr, text.data(), text.size());
  } else if (entry.ifa_addr->sa_family == AF_INET6) {
    const auto* in = reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr);
    if (IN6_IS_ADDR_LINKLOCAL(&in->sin6_addr)) return {};
    inet_ntop(AF_INET6, &in->sin6_addr, text.data(), text.size());
  }
  return text.data();
}

std::vector<std::string> interfaces() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return {};
  std::vector<std::pair<std::string, std::string>> found;  // name, addresses
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    const auto address = address_text(*each);
    if (address.empty()) continue;
    const std::string name = each->ifa_name;
    auto of = std::find_if(found.begin(), found.end(),
                           [&](const auto& other) { return other.first == name; });
    if (of == found.end()) of = found.insert(found.end(), {name, ""});
    of->second += " " + address;
  }
  freeifaddrs(all);
  std::vector<std::string> lines;
  for (const auto& [name, addresses] : found) {
    const auto speed = first_line("/sys/class/net/" + name + "/speed");
    const bool known = !speed.empty() && speed[0] != '-';
    lines.push_back(name + addresses + (known ? " " + speed + " Mbit/s" : ""));
  }
  return lines;
}

double hottest_zone() {
  double hottest = 0.0;
  std::error_code none;
  for (const auto& zone : std::filesystem::directory_iterator("/sys/class/thermal", none)) {
    const auto text = first_line(zone.path() / "temp");
    if (!text.empty()) hottest = std::max(hottest, std::atof(text.c_str()) / 1000.0);
  }
  return hottest;
}

// The asking process, on its own node, holds a lock on the token.
bool refuses_lock_of(const std::filesystem::path& held) {
  const int own = ::open(held.c_str(), O_RDWR | O_CLOEXEC);
  if (own < 0) return false;
  const bool refused = ::flock(own, LOCK_EX | LOCK_NB) != 0;
  ::close(own);
  return refused;
}

// A child that opens the file itself must not get the lock.
bool refuses_second_lock(const File& file, const std::filesystem::path& path) {
  if (::flock(file.descriptor(), LOCK_EX | LOCK_NB) != 0) return false;
  const pid_t child = ::fork();
  if (child == 0) {
    const int own = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    ::_exit(own >= 0 && ::flock(own, LOCK_EX | LOCK_NB) != 0 ? 0 : 1);
  }
  int status = 1;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

double median_sync(File& file) {
  constexpr std::size_t tries = 15;
  const std::vector<std::uint8_t> page(4096, 7);
  std::vector<double> seconds;
  for (std::size_t i = 0; i < tries; ++i) {
    const auto start = std::chrono::steady_clock::now();
    file.write(page);
    file.sync();
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + tries / 2, seconds.end());
  return seconds[tries / 2];
}

void try_output(const std::filesystem::path& folder, const std::string& token, NodeFacts& facts) {
  try {
    facts.free_disk = std::filesystem::space(folder).available;
    facts.sees_token = std::filesystem::exists(folder / token);
    const auto path =
        folder / (".gridtally-preflight-" + facts.host + "-" + std::to_string(::getpid()));
    {
      auto file = File::create(path, 0600);
      const auto remove = [&](void*) { ::unlink(path.c_str()); };
      const std::unique_ptr<void, decltype(remove)> removal(&facts, remove);
      facts.sync = median_sync(file);
      facts.locks =
          refuses_second_lock(file, path) && (!facts.sees_token || refuses_lock_of(folder / token));
    }
  } catch (const std::exception& error) {
    facts.output = error.what();
  }
}

using Fields = std::map<std::string, std::string>;

std::string field(const char* name, std::string value) {
  for (auto& letter : value) {
    if (letter == '\t' || letter == '\n' || letter == '\r') letter = ' ';
  }
  return "\t" + std::string(name) + "=" + value;
}

const std::string& text_of(const Fields& fields, const char* name) {
  const auto found = fields.find(name);
  if (found == fields.end()) {
    throw FormatError("a node's report without '" + std::string(name) +
                      "': is gridtally of the same version on all nodes?");
  }
  return found->second;
}

double number_of(const Fields& fields, const char* name) {
  const auto& text = text_of(fields, name);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value) || value < 0.0) {
    throw FormatError("a node's report says " + std::string(name) + "='" + text + "'");
  }
  return value;
}

std::uint64_t count_of(const Fields& fields, const char* name) {
  return static_cast<std::uint64_t>(number_of(fields, name));
}

NodeFacts from_line(std::string_view line) {
  Fields fields;
  for (const auto part : split(line, '\t')) {
    const auto equals = part.find('=');
    if (equals != std::string_view::npos) {
      fields.emplace(part.substr(0, equals), part.substr(equals + 1));
    }
  }
  NodeFacts facts;
  facts.host = text_of(fields, "host");
  facts.architecture = text_of(fields, "architecture");
  facts.program = text_of(fields, "program");
  facts.build = text_of(fields, "build");
  facts.mpi = text_of(fields, "mpi");
  facts.hdf5 = text_of(fields, "hdf5");
  for (const auto each : split(text_of(fields, "interfaces"), ';')) {
    if (!each.empty()) facts.interfaces.emplace_back(each);
  }
  facts.cores = count_of(fields, "cores");
  facts.memory = count_of(fields, "memory");
  facts.clock = number_of(fields, "clock");
  facts.output = text_of(fields, "output");
  facts.sees_token = text_of(fields, "sees_token") == "1";
  facts.locks = text_of(fields, "locks") == "1";
  facts.sync = number_of(fields, "sync");
  facts.free_disk = count_of(fields, "free_disk");
  facts.temperature = number_of(fields, "temperature");
  return facts;
}

}  // namespace

NodeFacts read_node_facts(const std::filesystem::path& output, const std::string& token) {
  NodeFacts facts;
  utsname system{};
  ::uname(&system);
  facts.host = system.nodename;
  facts.architecture = system.machine;
  facts.program = cli::version();
  facts.build = build_of(own_folder() / "gridtally-solve");
  facts.mpi = mpi_version();
  facts.hdf5 = hdf5_version();
  facts.interfaces = interfaces();
  facts.cores = cores_of_node();
  facts.memory = available_memory();
  facts.temperature = hottest_zone();
  try_output(output, token, facts);
  facts.clock =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return facts;
}

std::string to_line(const NodeFacts& facts) {
  std::string joined;
  for (const auto& each : facts.interfaces) joined += each + ";";
  return std::string(mark) + field("host", facts.host) + field("architecture", facts.architecture) +
         field("program", facts.program) + field("build", facts.build) + field("mpi", facts.mpi) +
         field("hdf5", facts.hdf5) + field("interfaces", joined) +
         field("cores", std::to_string(facts.cores)) +
         field("memory", std::to_string(facts.memory)) + field("clock", to_text(facts.clock)) +
         field("output", facts.output) + field("sees_token", facts.sees_token ? "1" : "0") +
         field("locks", facts.locks ? "1" : "0") + field("sync", to_text(facts.sync)) +
         field("free_disk", std::to_string(facts.free_disk)) +
         field("temperature", to_text(facts.temperature)) + "\n";
}

std::vector<NodeFacts> from_lines(const std::string& text) {
  std::vector<NodeFacts> all;
  for (const auto line : split(text, '\n')) {
    const auto start = line.find(mark);  // srun may put a label before it
    if (start != std::string_view::npos) all.push_back(from_line(line.substr(start)));
  }
  return all;
}

}  // namespace gridtally::preflight
