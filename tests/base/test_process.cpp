#include <gtest/gtest.h>
#include <sched.h>

#include <thread>
#include <vector>

#include "base/process.hpp"

namespace gridtally {
namespace {

TEST(Process, ProcessorsAreThoseThatItIsBoundTo) {
  unsigned bound = 0;
  std::thread([&] {  // a thread of its own, as this binds it
    cpu_set_t all;
    ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
    int first = 0;
    while (!CPU_ISSET(first, &all)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    bound = processors();
  })
      .join();
  EXPECT_EQ(bound, 1U);
  EXPECT_GE(processors(), 1U);
}

TEST(Process, PeakMemoryIsWhatWasTouched) {
  const auto before = peak_memory();
  EXPECT_GT(before, 1U << 20U);
  constexpr std::size_t size = std::size_t{64} << 20U;
  {
    const std::vector<char> much(size, 1);
    EXPECT_EQ(much.back(), 1);
  }
  EXPECT_GE(peak_memory(), size);
  EXPECT_LT(peak_memory(), before + 4 * size);
}

}  // namespace
}  // namespace gridtally
