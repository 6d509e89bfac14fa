#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"

namespace gridtally {
namespace {

TEST(Error, EachKindHasItsExitStatus) {
  EXPECT_EQ(Error("x").status(), ExitStatus::failure);
  EXPECT_EQ(IoError("x").status(), ExitStatus::failure);
  EXPECT_EQ(InputError("x").status(), ExitStatus::bad_input);
  EXPECT_EQ(FormatError("x").status(), ExitStatus::bad_input);
}

TEST(Error, ExitStatusesAreThePublishedNumbers) {
  EXPECT_EQ(static_cast<int>(ExitStatus::success), 0);
  EXPECT_EQ(static_cast<int>(ExitStatus::unsound), 1);
  EXPECT_EQ(static_cast<int>(ExitStatus::bad_input), 2);
  EXPECT_EQ(static_cast<int>(ExitStatus::not_converged), 3);
  EXPECT_EQ(static_cast<int>(ExitStatus::failure), 4);
}

TEST(InputError, ListsEveryFaultOnALineOfItsOwn) {
  const std::vector<std::string> faults{"line 2: day 9", "line 7: slot -1"};
  const InputError error(faults);
  EXPECT_EQ(error.faults(), faults);
  EXPECT_STREQ(error.what(), "line 2: day 9\nline 7: slot -1");
}

}  // namespace
}  // namespace gridtally
