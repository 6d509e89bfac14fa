#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gridtally::preflight {

/// How a program that this one started ended.
struct Ended {
  int status = 0;                 ///< exit status; 128 and its number after a signal
  std::string out;                ///< standard output
  std::string errors;             ///< standard error
  std::uint64_t peak_memory = 0;  ///< of the largest of its processes [bytes]
  double seconds = 0.0;           ///< that it took
};

/// When to ask a program to stop, by SIGUSR1: once it has `begun`, so many seconds later.
struct Stop {
  std::function<bool()> begun;
  double seconds = 0.0;
};

/// Runs `command`, its first word looked for in PATH, and waits; 127 where there is no such
/// program. With a `stop` it is looked at ten times a second.
Ended run(const std::vector<std::string>& command, const Stop* stop = nullptr);
/// The folder of this executable: its siblings are there.
std::filesystem::path own_folder();

}  // namespace gridtally::preflight
