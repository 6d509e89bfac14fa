#include <gtest/gtest.h>

#include "cli/run_app.hpp"

namespace gridtally::cli {
namespace {

TEST(RunApp, ReturnsTheStatusOfTheApp) {
  EXPECT_EQ(run_app("p", [] { return ExitStatus::not_converged; }), 3);
}

TEST(RunApp, PrefixesEveryLineAndKeepsTheStatusOfTheError) {
  ::testing::internal::CaptureStderr();
  const int status = run_app("gridtally-x", []() -> ExitStatus {
    throw InputError(std::vector<std::string>{"one", "two"});
  });
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "gridtally-x: one\ngridtally-x: two\n");
  EXPECT_EQ(status, 2);
}

TEST(RunApp, OtherExceptionsAreFailures) {
  ::testing::internal::CaptureStderr();
  const int status =
      run_app("gridtally-x", []() -> ExitStatus { throw std::runtime_error("odd"); });
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "gridtally-x: failed: odd\n");
  EXPECT_EQ(status, 4);
}

TEST(RunApp, KeepsQuietWhereAnotherRankSpeaks) {
  ::testing::internal::CaptureStderr();
  const int status = run_app(
      "gridtally-x", []() -> ExitStatus { throw Error("lost", ExitStatus::failure); },
      [] { return false; });
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(status, 4);
}

TEST(RunApp, IsNamedAfterTheExecutable) {
  char name[] = "/usr/bin/gridtally-y";
  char* argv[] = {name, nullptr};
  ::testing::internal::CaptureStderr();
  run_app(1, argv, [](int, char**) -> ExitStatus { throw Error("no"); });
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "gridtally-y: no\n");
}

}  // namespace
}  // namespace gridtally::cli
