#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gridtally::audit::testing {

/// What came of one trial.
enum class Outcome : char {
  not_tried = 0,
  checksum,   ///< a checksum differs, and the place is named
  reading,    ///< reading found it, and named the place
  audit,      ///< the audit found it, and named the place
  cut,        ///< told as bytes that a crash cut off
  same,       ///< the content read back is equal, bit for bit
  unsigned_,  ///< the content differs where no signature but the manifest's stands
  misplaced,  ///< found, and another place was named
  unnoticed,
  crashed,
  hung,
  failed,  ///< the trial itself threw
};
std::string name(Outcome outcome);

struct Trials {
  std::vector<std::size_t> tried;  ///< 0, 1, …
  std::vector<Outcome> outcomes;   ///< of each
  long most_kilobytes = 0;         ///< resident, of any process
  [[nodiscard]] std::vector<std::size_t> with(Outcome outcome) const;
  [[nodiscard]] std::size_t count(Outcome outcome) const { return with(outcome).size(); }
};

using Trial = std::function<Outcome(std::size_t)>;
/// Called in each process, with a folder of its own in memory that is not there yet.
using Begin = std::function<Trial(const std::filesystem::path&)>;
/// Makes `count` trials, in as many child processes as there are cores, so that a crash ends one
/// trial only; one that takes a minute is hung. `begin` gives what makes trial i.
Trials make_trials(std::size_t count, const Begin& begin);

}  // namespace gridtally::audit::testing
