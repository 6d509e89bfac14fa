#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

#include "crash/session.hpp"
#include "crash/stage.hpp"
#include "crash/tree.hpp"

namespace gridtally::crash {

/// "ended by signal 14", "status 4: " and what it said.
std::string describe(const Ended& ended);

/// What a disk holds after a crash, and what had been acknowledged by then.
struct Wreck {
  Tree tree;
  std::uint64_t blocks = 0;
  std::uint64_t evidence = 0;
  std::uint64_t private_days = 0;
};

/// What "block n", "evidence n" and "private n" notes of a trace acknowledge.
void acknowledge(const Operation& note, Wreck& wreck);

/// `tree` without what stands in temporary HDF5 files. Nobody reads it (resuming removes or
/// replaces these files), and the library writes in an order that follows from the numbers of its
/// objects, and so from what the process did before.
Tree without_half_files(Tree tree);

/// Which wrecks are equal: those of the same bytes, or also those that differ in half files only.
enum class Equal : std::uint8_t { bytes, but_for_half_files };

/// Checks wrecks: the archive opens, all that was acknowledged is there, and every sealed day is in
/// the private file; resuming finishes it, and then every file is the uninterrupted run's, byte by
/// byte. Equal wrecks are checked once.
class Checker {
 public:
  /// Writes the uninterrupted run.
  explicit Checker(Equal equal = Equal::bytes);

  [[nodiscard]] const Script& script() const { return script_; }
  [[nodiscard]] Stage& stage() { return stage_; }
  /// Of the uninterrupted run.
  [[nodiscard]] const Tree& finished() const { return finished_; }
  [[nodiscard]] const std::vector<Operation>& trace() const { return trace_; }

  /// Starts or resumes the script in the stage's folder, as it stands; in a child.
  Ended write(const Plan& plan, Start start);
  /// As write, in this process; gives the trace. Throws Error when it does not get to its end.
  std::vector<Operation> write_traced(Start start);
  /// What the last write left, which began with `start`.
  [[nodiscard]] Wreck wreck(const Wreck& start = {}) const;

  /// Empty, or what is wrong.
  std::string check(const Wreck& wreck);
  /// Whether the last check was of a wreck that had not been checked before.
  [[nodiscard]] bool was_new() const { return was_new_; }
  /// What the last check that was new did to resume.
  [[nodiscard]] std::vector<Operation> trace_of_check() const;

  [[nodiscard]] std::size_t distinct() const { return checked_.size(); }
  /// What was acknowledged and could not be read back, over all checks.
  [[nodiscard]] std::string losses() const;

 private:
  Equal equal_;
  Script script_ = make_script();
  Stage stage_;
  std::vector<Operation> trace_;
  Tree finished_;
  std::unordered_set<std::string> checked_;
  std::uint64_t blocks_lost_ = 0;
  std::uint64_t private_days_lost_ = 0;
  bool was_new_ = false;
};

}  // namespace gridtally::crash
