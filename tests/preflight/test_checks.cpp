#include <gtest/gtest.h>
#include <sys/file.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"
#include "preflight/checks.hpp"
#include "preflight/mpi_trial.hpp"

namespace gridtally::preflight {
namespace {

constexpr Asked asked{1000.0, 1000.4};
constexpr Needs needs{2, 4, 100'000'000, 1'000'000'000};

NodeFacts good(const std::string& host) {
  NodeFacts facts;
  facts.host = host;
  facts.architecture = "aarch64";
  facts.program = "0.1.0";
  facts.build = "0123456789ab";
  facts.mpi = "Open MPI v4.1.4";
  facts.hdf5 = "1.10.8";
  facts.interfaces = {"eth0 10.0.0.1 1000 Mbit/s"};
  facts.cores = 4;
  facts.memory = 4'000'000'000;
  facts.clock = 1000.2;
  facts.sees_token = facts.locks = true;
  facts.sync = 0.002;
  facts.free_disk = 5'000'000'000;
  facts.temperature = 45.0;
  return facts;
}

TEST(Checks, GoodNodesAreReady) {
  const auto checks = check_nodes({good("a"), good("b")}, asked, needs);
  for (const auto& check : checks) {
    EXPECT_EQ(check.level, Level::fine) << check.what << ": " << check.found;
    EXPECT_TRUE(check.remedy.empty());
  }
  EXPECT_EQ(checks.size(), 15U);
  EXPECT_FALSE(any_failure(checks));
}

struct Fault {
  std::string what;
  Level level;
  void (*make)(NodeFacts&);
};

TEST(Checks, EachFaultIsNamedWithItsNodeAndARemedy) {
  const std::vector<Fault> faults{
      {"architecture", Level::failure, [](NodeFacts& b) { b.architecture = "s390x"; }},
      {"architecture", Level::failure, [](NodeFacts& b) { b.architecture = "armv7l"; }},
      {"gridtally", Level::failure, [](NodeFacts& b) { b.program = "0.2.0"; }},
      {"gridtally", Level::failure, [](NodeFacts& b) { b.build = "ba9876543210"; }},
      {"MPI", Level::failure, [](NodeFacts& b) { b.mpi = "Open MPI v5.0.0"; }},
      {"HDF5", Level::failure, [](NodeFacts& b) { b.hdf5 = "1.14.0"; }},
      {"clocks", Level::warning, [](NodeFacts& b) { b.clock = 1010.0; }},
      {"clocks", Level::warning, [](NodeFacts& b) { b.clock = 990.0; }},
      {"interfaces", Level::failure, [](NodeFacts& b) { b.interfaces.clear(); }},
      {"interfaces", Level::warning, [](NodeFacts& b) { b.interfaces = {"eth0.1 fd00::1"}; }},
      {"output folder", Level::failure, [](NodeFacts& b) { b.output = "no such folder"; }},
      {"shared output", Level::warning, [](NodeFacts& b) { b.sees_token = false; }},
      {"file locks", Level::failure, [](NodeFacts& b) { b.locks = false; }},
      {"fsync", Level::warning, [](NodeFacts& b) { b.sync = 0.2; }},
      {"cores", Level::warning, [](NodeFacts& b) { b.cores = 2; }},
      {"memory", Level::warning, [](NodeFacts& b) { b.memory = 300'000'000; }},
      {"disk", Level::failure, [](NodeFacts& b) { b.free_disk = 999'999'999; }},
      {"temperature", Level::warning, [](NodeFacts& b) { b.temperature = 84.0; }},
  };
  for (const auto& fault : faults) {
    auto bad = good("node-b");
    fault.make(bad);
    const auto checks = check_nodes({good("node-a"), bad}, asked, needs);
    for (const auto& check : checks) {
      const bool is_it = check.what == fault.what;
      EXPECT_EQ(check.level, is_it ? fault.level : Level::fine) << fault.what << ": " << check.what;
      if (!is_it) continue;
      EXPECT_NE(check.found.find("node-b"), std::string::npos) << check.found;
      EXPECT_FALSE(check.remedy.empty());
    }
    EXPECT_EQ(any_failure(checks), fault.level == Level::failure);
  }
}

TEST(Checks, TooFewNodes) {
  const auto checks = check_nodes({good("a")}, asked, needs);
  EXPECT_EQ(checks.front().what, "nodes");
  EXPECT_EQ(checks.front().level, Level::failure);
  EXPECT_TRUE(any_failure(check_nodes({}, asked, needs)));
}

TEST(Checks, AClockIsOffByWhatCannotBeExplained) {
  auto facts = good("a");
  EXPECT_EQ(clock_error(facts, asked), 0.0);
  facts.clock = 1003.4;
  EXPECT_DOUBLE_EQ(clock_error(facts, asked), 3.0);
  facts.clock = 995.0;
  EXPECT_DOUBLE_EQ(clock_error(facts, asked), 5.0);
}

TEST(Checks, OneRunMayBeOnTwoArchitecturesEachWithABuildOfItsOwn) {
  auto other = good("b");
  other.architecture = "x86_64";
  other.build = "ba9876543210";
  const auto checks = check_nodes({good("a"), other}, asked, needs);
  for (const auto& check : checks) EXPECT_EQ(check.level, Level::fine) << check.what;
  EXPECT_EQ(checks[1].found, "aarch64 on a; x86_64 on b: one run may be on both");
}

TEST(MpiTrial, ClocksAreOffByMoreThanTheLettersExplain) {
  const std::string line =
      "gridtally-mpi: ranks 3 latency_us 5 megabytes_a_second 1 clock_offset_s ";
  EXPECT_EQ(check_clock_offset(line + "-0.000012 within_s 0.000040\n").level, Level::fine);
  EXPECT_EQ(check_clock_offset(line + "1.5 within_s 0.6\n").level, Level::fine);
  EXPECT_EQ(check_clock_offset(line + "-1.5 within_s 0.1\n").level, Level::warning);
  EXPECT_EQ(check_clock_offset("nothing").level, Level::warning);
}

TEST(MpiTrial, ItsLineIsRead) {
  const auto fine =
      check_mpi_trial("x\ngridtally-mpi: ranks 3 latency_us 55.5 megabytes_a_second 11.2\n");
  EXPECT_EQ(fine.level, Level::fine);
  EXPECT_NE(fine.found.find("3 ranks"), std::string::npos);
  EXPECT_EQ(check_mpi_trial("gridtally-mpi: ranks 3 latency_us 90000 megabytes_a_second 1\n").level,
            Level::warning);
  EXPECT_EQ(check_mpi_trial("nothing").level, Level::failure);
}

TEST(NodeFacts, AreThoseOfThisMachine) {
  const TestFolder folder;
  const auto facts = read_node_facts(folder.path(), "no-such-token");
  EXPECT_FALSE(facts.host.empty());
  EXPECT_GT(facts.cores, 0U);
  EXPECT_GT(facts.memory, 1'000'000U);
  EXPECT_GT(facts.sync, 0.0);
  EXPECT_TRUE(facts.locks);
  EXPECT_FALSE(facts.sees_token);
  EXPECT_EQ(facts.output, "");
  EXPECT_EQ(facts.hdf5.substr(0, 2), "1.");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

// What a file system does that keeps locks on each node to itself.
TEST(NodeFacts, ALockThatAnotherNodeDoesNotSeeIsSaid) {
  const TestFolder folder;
  const std::string token = "token";
  auto held = File::create(folder / token, 0600);
  EXPECT_FALSE(read_node_facts(folder.path(), token).locks);
  ASSERT_EQ(::flock(held.descriptor(), LOCK_EX | LOCK_NB), 0);
  const auto facts = read_node_facts(folder.path(), token);
  EXPECT_TRUE(facts.sees_token);
  EXPECT_TRUE(facts.locks);
}

TEST(NodeFacts, AFolderThatCannotBeWrittenIsSaid) {
  const auto facts = read_node_facts("/proc", "token");
  EXPECT_NE(facts.output, "");
  EXPECT_FALSE(facts.locks);
}

TEST(NodeFacts, ComeBackFromTheirLines) {
  auto odd = good("b");
  odd.output = "two\nlines\tand a tab";
  odd.interfaces = {"eth0 10.0.0.1", "wlan0 10.0.1.1 54 Mbit/s"};
  const auto back = from_lines("a banner\n" + to_line(good("a")) + "1: " + to_line(odd));
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back[0], good("a"));
  odd.output = "two lines and a tab";
  EXPECT_EQ(back[1], odd);
  EXPECT_TRUE(from_lines("nothing of the kind\n").empty());
}

TEST(NodeFacts, ADamagedLineIsRefused) {
  const auto line = to_line(good("a"));
  EXPECT_THROW((void)from_lines("gridtally-node: \thost=a\n"), FormatError);
  auto wrong = line;
  wrong.replace(wrong.find("cores=4"), 7, "cores=x");
  EXPECT_THROW((void)from_lines(wrong), FormatError);
}

}  // namespace
}  // namespace gridtally::preflight
