#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "crash/checker.hpp"
#include "crash/disk.hpp"

namespace gridtally::crash {

namespace {
constexpr const char* every_action[] = {"ENOSPC", "EIO", "EINTR", "short", "full"};
/// Of the states that a kill can leave, every so manieth is resumed with faults.
std::size_t state_step() {
  const char* all = std::getenv("GRIDTALLY_CRASH_ALL");
  return all != nullptr && std::string_view(all) == "1" ? 16 : 96;
}

/// Whether a fault of this kind can begin at this call. Half a write can only at a write. A disk
/// that is full from call n on is one that is full from the next call on that needs space.
bool can_begin_at(const Operation& call, std::string_view action) {
  const bool writes = call.call == Call::write;
  if (action == "short") return writes;
  if (action != "full") return true;
  const bool may_make_a_file = call.call == Call::open && (call.flags & O_CREAT) != 0;
  return writes || may_make_a_file || call.call == Call::make_folder || call.call == Call::link;
}

/// The calls of resuming until archive and private file are taken up.
std::vector<Operation> until_resumed(std::vector<Operation> trace) {
  const auto resumed = std::find_if(trace.begin(), trace.end(),
                                    [](const auto& each) { return each.path == "resumed"; });
  trace.erase(resumed, trace.end());
  std::erase_if(trace, [](const auto& each) { return each.call == Call::note; });
  return trace;
}

/// Runs sessions with a fault and checks what they leave.
class FaultRuns {
 public:
  explicit FaultRuns(Checker& checker) : checker_(checker) {}

  /// From `start`, with `action` at call `at`. Empty, or what is wrong.
  std::string run(const Wreck& start, Start how, const char* action, std::uint64_t at) {
    auto& stage = checker_.stage();
    stage.set(start.tree);
    const auto ended = checker_.write({action, at, true}, how);
    if (stage.board().fired == 0) return "";
    ++points_;
    const auto fault =
        ended.done() ? difference(checker_.finished(), stage.tree()) : fault_of_stopping(ended);
    ++(ended.done() ? finished_ : stopped_);
    if (!fault.empty()) return fault;
    return check_what_is_left(start, stage.trace());
  }

  void print(const char* where) const {
    std::printf("%s: %zu faults, %zu halts with an error, %zu overcome, %zu states, %s\n", where,
                points_, stopped_, finished_, checker_.distinct(), checker_.losses().c_str());
  }

 private:
  /// An error that names what it is about; never an acknowledgement after it (session.hpp).
  std::string fault_of_stopping(const Ended& ended) {
    const bool names_place =
        ended.message.find(checker_.stage().folder().string()) != std::string::npos;
    if (ended.signal == 0 && ended.status == static_cast<int>(ExitStatus::failure) && names_place) {
      return "";
    }
    return "signal " + std::to_string(ended.signal) + ", status " + std::to_string(ended.status) +
           ": " + ended.message;
  }

  /// As the program left it, and after a power cut on top.
  std::string check_what_is_left(const Wreck& start, const std::vector<Operation>& trace) {
    Disk disk(checker_.stage().folder(), start.tree);
    auto wreck = start;
    for (const auto& operation : trace) {
      acknowledge(operation, wreck);
      disk.apply(operation);
    }
    std::mt19937 random;
    for (const auto loss : {Loss::none, Loss::all}) {
      wreck.tree = loss == Loss::none ? disk.seen() : disk.after_power_cut(loss, random);
      const auto fault = checker_.check(wreck);
      if (!fault.empty())
        return (loss == Loss::all ? "after a power cut, " : "afterwards, ") + fault;
    }
    return "";
  }

  Checker& checker_;
  std::size_t points_ = 0;
  std::size_t stopped_ = 0;
  std::size_t finished_ = 0;
};
}  // namespace

TEST(FaultMatrix, EveryKindAtEveryCall) {
  Checker checker;
  FaultRuns runs(checker);
  std::uint64_t at = 0;
  for (const auto& operation : checker.trace()) {
    if (operation.call == Call::note) continue;
    ++at;
    for (const auto* action : every_action) {
      if (!can_begin_at(operation, action)) continue;
      EXPECT_EQ(runs.run({}, Start::create, action, at), "")
          << action << " at call " << at << ", " << describe(operation);
    }
  }
  runs.print("writing");
}

TEST(FaultMatrix, WhileResuming) {
  Checker checker;
  FaultRuns runs(checker);
  auto& stage = checker.stage();
  Disk disk(stage.folder(), {});
  Wreck wreck;
  std::size_t states = 0;
  for (const auto& operation : checker.trace()) {
    acknowledge(operation, wreck);
    disk.apply(operation);
    auto tree = disk.seen();
    if (tree == wreck.tree) continue;
    wreck.tree = std::move(tree);
    if (states++ % state_step() != 0) continue;
    stage.set(wreck.tree);
    const auto calls = until_resumed(checker.write_traced(Start::resume));
    std::uint64_t at = 0;
    for (const auto& call : calls) {
      const bool is_last = ++at == calls.size();  // a disk is full from here on in what follows
      for (const auto* action : every_action) {
        if (!is_last && !can_begin_at(call, action)) continue;
        EXPECT_EQ(runs.run(wreck, Start::resume, action, at), "")
            << action << " at call " << at << " of resuming, " << describe(call) << ", after "
            << describe(operation);
      }
    }
  }
  runs.print("resuming");
}

}  // namespace gridtally::crash
