#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "crash/checker.hpp"
#include "crash/disk.hpp"

namespace gridtally::crash {

namespace {
constexpr unsigned seeds = 8;  ///< random states a cut

/// Tries the states that a power cut could leave.
class PowerCuts {
 public:
  explicit PowerCuts(Checker& checker) : checker_(checker) {}

  /// Every kind of loss, the random one `random_states` times.
  std::string cut(const Disk& disk, Wreck wreck, unsigned random_states) {
    ++cuts_;
    for (const auto loss : every_loss) {
      for (unsigned i = 0; i < (loss == Loss::random ? random_states : 1); ++i) {
        ++states_;
        wreck.tree = disk.after_power_cut(loss, random_);
        const auto fault = checker_.check(wreck);
        if (!fault.empty()) return "loss " + std::to_string(static_cast<int>(loss)) + ": " + fault;
        if (!disk.anything_unsynced()) return "";
      }
    }
    return "";
  }

  void print(const char* where) const {
    std::printf("power cuts %s: %zu cuts, %zu disk states, %zu distinct, %s\n", where, cuts_,
                states_, checker_.distinct(), checker_.losses().c_str());
  }

 private:
  Checker& checker_;
  std::mt19937 random_{5};
  std::size_t cuts_ = 0;
  std::size_t states_ = 0;
};
}  // namespace

TEST(PowerCut, AfterEveryCall) {
  Checker checker;
  PowerCuts cuts(checker);
  Disk disk(checker.stage().folder(), {});
  Wreck wreck;
  for (const auto& operation : checker.trace()) {
    acknowledge(operation, wreck);
    disk.apply(operation);
    EXPECT_EQ(cuts.cut(disk, wreck, seeds), "") << "after " << describe(operation);
  }
  cuts.print("while writing");
}

/// What a killed writer had not synced is seen by the one that resumes, and still lost when the
/// power goes: until that one has said what it found, which must be durable by then.
TEST(PowerCut, AfterAKillAndEveryCallOfResuming) {
  Checker checker;
  PowerCuts cuts(checker);
  auto& stage = checker.stage();
  const auto trace = checker.trace();
  for (std::size_t killed = 1; killed < trace.size() && !HasFailure(); ++killed) {
    Disk disk(stage.folder(), {});
    Wreck wreck;
    for (std::size_t i = 0; i < killed; ++i) {
      acknowledge(trace[i], wreck);
      disk.apply(trace[i]);
    }
    disk.forget_descriptors();
    wreck.tree = disk.seen();
    EXPECT_EQ(checker.check(wreck), "");
    if (!checker.was_new()) continue;
    auto resuming = checker.trace_of_check();
    const auto end = std::find_if(resuming.begin(), resuming.end(),
                                  [](const auto& each) { return each.path == "acknowledged"; });
    resuming.erase(end, resuming.end());
    for (const auto& operation : resuming) {
      acknowledge(operation, wreck);
      disk.apply(operation);
      EXPECT_EQ(cuts.cut(disk, wreck, 1), "")
          << "after " << describe(operation) << ", killed after " << describe(trace[killed - 1]);
    }
  }
  cuts.print("while resuming");
}

}  // namespace gridtally::crash
