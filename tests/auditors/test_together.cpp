#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <regex>

#include "audit/forgery.hpp"
#include "base/test_folder.hpp"

// mpirun -n R gridtally-audit: the report of one process, and its exit status, on every number of
// ranks.
namespace gridtally::audit {
namespace {

using testing::make_small_run;
using testing::SmallRun;

struct Outcome {
  int status = -1;
  std::string text;  ///< standard output
};

Outcome run_command(const std::string& command) {
  Outcome outcome;
  FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> piece{};
  while (const auto got = std::fread(piece.data(), 1, piece.size(), pipe)) {
    outcome.text.append(piece.data(), got);
  }
  const int status = ::pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

/// The JSON report without who did it in what time.
std::string content(const std::string& json) {
  return std::regex_replace(json, std::regex("\"(processes|threads|seconds)\": [^,\n]*"), "");
}

class Together : public ::testing::TestWithParam<int> {
 protected:
  void expect_same(const SmallRun& run, int status) const {
    const TestFolder folder;
    testing::write_archive(folder / "archive", run);
    testing::write_private(folder / "private", run);
    const std::string audit = std::string(GRIDTALLY_BIN_DIR) + "/gridtally-audit " +
                              (folder / "archive").string() + " --json --private " +
                              (folder / "private").string();
    const auto alone = run_command(audit);
    ASSERT_EQ(alone.status, status) << alone.text;
    const auto together = run_command("mpirun -n " + std::to_string(GetParam()) + " " + audit);
    EXPECT_EQ(together.status, status);
    EXPECT_EQ(content(together.text), content(alone.text));
    EXPECT_NE(together.text.find("\"processes\": " + std::to_string(GetParam())), std::string::npos)
        << together.text;
  }
};

TEST_P(Together, ASoundArchive) { expect_same(make_small_run(), 0); }

TEST_P(Together, AForgedSignatureAndAForgedSchedule) {
  auto run = make_small_run();
  run.at(12).block.proposer_signature.bytes[0] ^= 1;
  run.private_files[1].prosumers[0].schedules[1].cost += 1.0;
  expect_same(run, 1);
}

TEST_P(Together, AMetersInputsThatAreNotThoseCommittedTo) {
  auto run = make_small_run();
  run.private_files[1].prosumers[0].renewable[0] += 1.0;
  expect_same(run, 1);
}

INSTANTIATE_TEST_SUITE_P(Ranks, Together, ::testing::Values(1, 2, 3, 5));

TEST(TogetherMisused, EndsWithTwoAndOneMessage) {
  const auto command = "mpirun -n 2 " + std::string(GRIDTALLY_BIN_DIR) +
                       "/gridtally-audit 2>&1 | grep -c 'give an ARCHIVE'; exit \\${PIPESTATUS[0]}";
  const auto outcome = run_command("bash -c \"" + command + "\"");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.text, "1\n");
}

}  // namespace
}  // namespace gridtally::audit
