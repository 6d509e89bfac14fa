#include <gtest/gtest.h>

#include <string>

#include "petsc/session.hpp"

namespace gridtally::petsc {
namespace {

struct Split {
  std::vector<const char*> line;
  std::string program;
  std::string petsc;
};

std::string joined(const std::vector<char*>& words) {
  std::string text;
  for (std::size_t i = 1; i < words.size(); ++i) text += (i > 1 ? " " : "") + std::string(words[i]);
  return text;
}

TEST(CommandLine, SingleDashesAndWhatFollowsTwoArePetscs) {
  const std::vector<Split> cases{
      {{"p", "week", "--day", "3", "--json"}, "week --day 3 --json", ""},
      {{"p", "week", "-log_view"}, "week", "-log_view"},
      {{"p", "week", "-log_view", "--day", "3"}, "week --day 3", "-log_view"},
      {{"p", "week", "-ksp_type", "cg", "--json"}, "week --json", "-ksp_type cg"},
      {{"p", "--gap", "1e-8", "week", "-ksp_rtol", "1e-9", "-ksp_monitor"},
       "--gap 1e-8 week",
       "-ksp_rtol 1e-9 -ksp_monitor"},
      {{"p", "week", "--", "-log_view", "x", "--day"}, "week", "-log_view x --day"},
      {{"p", "week", "-pc_factor_shift", "-1.5", "--json"}, "week --json", "-pc_factor_shift -1.5"},
      {{"p", "-h"}, "-h", ""},
      {{"p", "--day", "-1", "week"}, "--day -1 week", ""},
  };
  for (const auto& [line, program, petsc] : cases) {
    std::vector<char*> words_given;
    for (const char* word : line) words_given.push_back(const_cast<char*>(word));
    const auto words = take_apart(static_cast<int>(words_given.size()), words_given.data());
    EXPECT_EQ(joined(words.program), program);
    EXPECT_EQ(joined(words.petsc), petsc);
  }
}

}  // namespace
}  // namespace gridtally::petsc
