#include <gtest/gtest.h>

#include <cstdio>
#include <deque>

#include "crash/checker.hpp"
#include "crash/disk.hpp"

namespace gridtally::crash {

namespace {
/// Of the calls of resuming, every kill_step-th is killed for real.
constexpr std::uint64_t kill_step = 97;

/// The wreck before each call of `trace`, if a kill leaves what was seen.
template <class Visit>
void for_each_wreck(const Stage& stage, const Wreck& start, const std::vector<Operation>& trace,
                    const Visit& visit) {
  Disk disk(stage.folder(), start.tree);
  auto wreck = start;
  std::uint64_t at = 0;
  for (const auto& operation : trace) {
    acknowledge(operation, wreck);
    if (operation.call != Call::note) {
      wreck.tree = disk.seen();
      visit(++at, wreck);
    }
    disk.apply(operation);
  }
}
}  // namespace

TEST(KillMatrix, BeforeEveryCall) {
  Checker checker;
  auto& stage = checker.stage();
  std::uint64_t calls = 0;
  for_each_wreck(stage, {}, checker.trace(), [&](std::uint64_t at, const Wreck& expected) {
    if (HasFailure()) return;
    SCOPED_TRACE("killed before call " + std::to_string(at));
    stage.set({});
    EXPECT_TRUE(checker.write({"kill", at, false}, Start::create).killed());
    const auto wreck = checker.wreck();
    EXPECT_EQ(difference(expected.tree, wreck.tree), "") << "the trace shows less";
    EXPECT_EQ(wreck.blocks, expected.blocks);
    EXPECT_EQ(wreck.private_days, expected.private_days);
    EXPECT_EQ(checker.check(wreck), "");
    calls = at;
  });
  EXPECT_GT(calls, 100U);
  std::printf("killed before each of %llu calls, %zu states, %s\n",
              static_cast<unsigned long long>(calls), checker.distinct(), checker.losses().c_str());
}

/// Every state that any number of kills can leave, but for the content of half files, of which one
/// of each is tried here (BeforeEveryCall tries all): from each state, a traced session shows the
/// states before each of its calls, and those that are new are tried in turn. Real kills at every
/// kill_step-th of them confirm what the traces show, or are tried as they are.
TEST(KillMatrix, AgainAndAgainWhileResuming) {
  Checker checker(Equal::but_for_half_files);
  auto& stage = checker.stage();
  std::deque<std::pair<Wreck, std::vector<Operation>>> open;
  std::uint64_t points = 0;
  std::uint64_t kills = 0;
  std::uint64_t elsewhere = 0;  // the journal's thread was a call ahead or behind
  const auto visit = [&](std::uint64_t, const Wreck& wreck) {
    EXPECT_EQ(checker.check(wreck), "");
    if (checker.was_new()) open.emplace_back(wreck, checker.trace_of_check());
  };
  for_each_wreck(stage, {}, checker.trace(), visit);
  while (!open.empty() && !HasFailure()) {
    const auto [wreck, trace] = std::move(open.front());
    open.pop_front();
    for_each_wreck(stage, wreck, trace, [&, &start = wreck](std::uint64_t at, const Wreck& next) {
      visit(at, next);
      if (++points % kill_step != 0) return;
      stage.set(start.tree);
      const auto ended = checker.write({"kill", at, false}, Start::resume);
      EXPECT_TRUE(ended.killed() || ended.done())  // it may have made one call less
          << "before call " << at << ": " << describe(ended);
      ++kills;
      const auto found = checker.wreck(start);
      if (without_half_files(next.tree) == without_half_files(found.tree)) return;
      ++elsewhere;
      EXPECT_EQ(checker.check(found), "");
    });
  }
  EXPECT_LE(elsewhere * 50, kills) << "the traces are not what happens";
  std::printf(
      "killed again before each of %llu calls of resuming (%llu by SIGKILL, the others as traced), "
      "%zu states, %s\n",
      static_cast<unsigned long long>(points), static_cast<unsigned long long>(kills),
      checker.distinct(), checker.losses().c_str());
}

}  // namespace gridtally::crash
