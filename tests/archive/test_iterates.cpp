#include <gtest/gtest.h>

#include "archive/iterates.hpp"
#include "base/error.hpp"

namespace gridtally::archive {

namespace {
using Numbers = std::vector<std::uint32_t>;
}

TEST(Iterates, TheLastIsAlwaysKept) {
  EXPECT_EQ(kept_iterations({1}, 4), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(kept_iterations({0}, 4), (Numbers{4}));
  EXPECT_EQ(kept_iterations({3}, 10), (Numbers{3, 6, 9, 10}));
  EXPECT_EQ(kept_iterations({5}, 10), (Numbers{5, 10}));
  EXPECT_EQ(kept_iterations({20}, 10), (Numbers{10}));
  EXPECT_EQ(left_out_iterations({3}, 10), (Numbers{1, 2, 4, 5, 7, 8}));
  EXPECT_EQ(left_out_iterations({1}, 10), Numbers{});
}

TEST(Iterates, CountsAreThoseOfTheLists) {
  for (const std::uint32_t every : {0U, 1U, 2U, 3U, 7U}) {
    for (std::uint64_t iterations = 0; iterations < 30; ++iterations) {
      EXPECT_EQ(Iterates{every}.kept(iterations), kept_iterations({every}, iterations).size());
      EXPECT_EQ(kept_iterations({every}, iterations).size() +
                    left_out_iterations({every}, iterations).size(),
                iterations);
    }
  }
}

TEST(Iterates, TextAndBack) {
  for (const char* text : {"all", "final", "every:2", "every:1000"}) {
    EXPECT_EQ(to_text(parse_iterates(text)), text);
  }
}

TEST(Iterates, AnyOtherTextIsRefused) {
  for (const char* text : {"", "All", "every", "every:", "every:0", "every:1", "every:02",
                           "every:-2", "every:2 ", "every:x", "every:99999999999"}) {
    EXPECT_THROW(parse_iterates(text), InputError) << text;
  }
}

}  // namespace gridtally::archive
