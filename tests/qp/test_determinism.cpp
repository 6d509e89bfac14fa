#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "qp/kernel_variants.hpp"
#include "qp/packing.hpp"
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

/// The kernel's memory after two days were packed and solved side by side.
std::vector<double> solved(kernel::Mode mode, const Day& one, const Day& other,
                           void (*solve)(const kernel::Batch&)) {
  const std::size_t size = (kernel::slot_fields * slots + kernel::lane_fields) * 2;
  std::vector<double> memory(size + alignment / sizeof(double), 0.0);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  double* start = memory.data() + (alignment - address % alignment) % alignment / sizeof(double);
  const kernel::Batch batch{mode, slots, start, start + kernel::slot_fields * slots * 2};
  pack(one.task(), LaneView(batch, 2, 0));
  pack(other.task(), LaneView(batch, 2, 1));
  solve(batch);
  EXPECT_EQ(LaneView(batch, 2, 0).scalar(kernel::alive), 0.0) << "not converged";
  EXPECT_GT(LaneView(batch, 2, 0).scalar(kernel::rounds), 3.0);
  return {start, start + size};
}

void expect_same_bits(void (*solve)(const kernel::Batch&)) {
  const Days days = random_days(6, 12, slots);
  for (const auto mode : {kernel::Mode::proximal, kernel::Mode::fixed, kernel::Mode::linear}) {
    for (std::size_t i = 0; i + 1 < days.size(); i += 2) {
      const auto expected = solved(mode, *days[i], *days[i + 1], kernel::solve_2);
      const auto found = solved(mode, *days[i], *days[i + 1], solve);
      ASSERT_EQ(found.size(), expected.size());
      EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size() * sizeof(double)), 0)
          << "days " << i << " and " << i + 1;
    }
  }
}

TEST(Determinism, UnoptimisedKernelGivesTheSameBits) {
  expect_same_bits(kernel::solve_2_unoptimised);
}

TEST(Determinism, KernelForFusedProcessorsGivesTheSameBits) {
  if (!runs_fused_code()) GTEST_SKIP() << "this processor has no fused multiply-add";
  expect_same_bits(kernel::solve_2_fusible);
}

}  // namespace
}  // namespace gridtally::qp
