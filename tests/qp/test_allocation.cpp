#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "qp/batch_solver.hpp"
#include "qp/random_day.hpp"

namespace {
std::size_t allocations = 0;
}  // namespace

// Not inlined: the compiler would see malloc and delete meet, and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace gridtally::qp {
namespace {

TEST(BatchSolver, ASolveAllocatesNothing) {
  const Days days = random_days(9, 21, 24);
  std::vector<Task> tasks;
  for (const auto& day : days) tasks.push_back(day->task());
  std::vector<Solution> solutions(days.size(), Solution(24));
  BatchSolver solver(24);
  const std::size_t before = allocations;
  ASSERT_GT(before, 0U);
  for (const Mode mode : {Mode::fixed, Mode::linear, Mode::proximal}) {
    solver.solve(mode, tasks, solutions);
  }
  solver.solve(Mode::proximal, tasks, solutions, Start::warm);
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace gridtally::qp
