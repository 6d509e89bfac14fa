#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "qp/kernel_adapter.hpp"
#include "qp/kernel_variants.hpp"
#include "qp/numbers_of.hpp"
#include "qp/random_day.hpp"

namespace gridtally::qp {

double multiply_add(double a, double b, double c);

namespace {

bool runs_fused_code() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("fma") != 0;
#else
  return true;
#endif
}

TEST(Determinism, ProductsAreRoundedBeforeTheyAreAdded) {
  if (!runs_fused_code()) GTEST_SKIP() << "this processor has no fused multiply-add";
  // (1 + 2⁻⁵²)² = 1 + 2⁻⁵¹ + 2⁻¹⁰⁴: the last term is lost by a rounded product, and is all that a
  // fused operation leaves.
  volatile double a = 1.0 + 0x1p-52;
  volatile double c = -(1.0 + 0x1p-51);
  EXPECT_EQ(multiply_add(a, a, c), 0.0);
}

constexpr std::size_t slots = 24;
constexpr std::size_t alignment = 64;

using Kernel = void (*)(const kernel::Batch&);

/// Solves two days side by side, from `points`.
void solve(Mode mode, const Day& one, const Day& other, Kernel run, std::vector<Solution>& points) {
  std::vector<double> memory((kernel::workspace_2(slots) + alignment) / sizeof(double), 0.0);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  double* start = memory.data() + (alignment - address % alignment) % alignment / sizeof(double);
  const std::array<kernel::Day, 2> days{kernel_day(one.task()), kernel_day(other.task())};
  const std::array<kernel::Point, 2> rows{kernel_point(points[0]), kernel_point(points[1])};
  const std::array<const kernel::Day*, 2> day{&days[0], &days[1]};
  const std::array<const kernel::Point*, 2> point{&rows[0], &rows[1]};
  std::array<kernel::Outcome, 2> outcome{};
  run({kernel_mode(mode), slots, start, day.data(), point.data(), outcome.data()});
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NE(outcome[i].route, kernel::Route::none) << "not solved";
    points[i].iterations = outcome[i].iterations;
    points[i].rounds = outcome[i].rounds;
  }
}

void expect_same_bits(const std::vector<Solution>& found, const std::vector<Solution>& expected,
                      std::size_t which) {
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(found[i].iterations, expected[i].iterations);
    EXPECT_EQ(found[i].rounds, expected[i].rounds);
    EXPECT_EQ(found[i].active_set, expected[i].active_set);
    const auto a = numbers_of(found[i]);
    const auto b = numbers_of(expected[i]);
    EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(double)), 0) << "day " << which + i;
  }
}

void expect_same_bits(Kernel cold, Kernel warm) {
  const Days days = random_days(6, 12, slots);
  for (const auto mode : {Mode::proximal, Mode::fixed, Mode::linear}) {
    for (std::size_t i = 0; i + 1 < days.size(); i += 2) {
      std::vector<Solution> expected(2, Solution(slots));
      auto found = expected;
      solve(mode, *days[i], *days[i + 1], kernel::cold_2, expected);
      solve(mode, *days[i], *days[i + 1], cold, found);
      expect_same_bits(found, expected, i);
      if (mode != Mode::proximal) continue;
      for (double& value : days[i]->target) value += 1e-3;
      solve(mode, *days[i], *days[i + 1], kernel::warm_2, expected);
      solve(mode, *days[i], *days[i + 1], warm, found);
      expect_same_bits(found, expected, i);
    }
  }
}

TEST(Determinism, UnoptimisedKernelGivesTheSameBits) {
  expect_same_bits(kernel::cold_2_unoptimised, kernel::warm_2_unoptimised);
}

TEST(Determinism, KernelForFusedProcessorsGivesTheSameBits) {
  if (!runs_fused_code()) GTEST_SKIP() << "this processor has no fused multiply-add";
  expect_same_bits(kernel::cold_2_fusible, kernel::warm_2_fusible);
}

}  // namespace
}  // namespace gridtally::qp
