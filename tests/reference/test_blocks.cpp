#include <gtest/gtest.h>

#include <cmath>

#include "qp/random_day.hpp"
#include "reference/blocks.hpp"
#include "reference/dense_newton.hpp"

namespace gridtally::reference {
namespace {

struct Prices {
  std::vector<double> grid, reserve, market;
};

// Days that share their prices, as prosumers of a community do.
struct Community {
  Community(unsigned seed, std::size_t count, std::size_t slots)
      : owners(qp::random_days(seed, count, slots)), number(seed) {
    for (std::size_t t = 0; t < slots; ++t) {
      prices.grid.push_back(number(-5.0, 60.0));
      prices.reserve.push_back(number(0.0, 4.0));
      prices.market.push_back(number(-10.0, 70.0));
    }
    for (const auto& owner : owners) {
      days.push_back(owner->problem);
      days.back().grid_price = prices.grid.data();
      days.back().reserve_price = prices.reserve.data();
    }
  }
  qp::Days owners;
  qp::Numbers number;
  Prices prices;
  std::vector<qp::DayProblem> days;
};

double largest(const Eigen::MatrixXd& a) { return a.cwiseAbs().maxCoeff(); }

// One chunk for each prosumer: its row is what that prosumer contributes.
std::vector<Chunk> one_each(std::size_t count) {
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < count; ++i) chunks.push_back({i, 1, 0});
  return chunks;
}

class BlocksAgainstDense : public ::testing::TestWithParam<std::size_t> {};

TEST_P(BlocksAgainstDense, SupplyAndResponseAreThoseOfTheWholeNewtonSystem) {
  const std::size_t T = GetParam();
  const Community community(7, 40, T);
  Blocks blocks(community.days, one_each(40), T);
  ChunkRows rows;
  blocks.respond(community.prices.market, {0.0, 0.0}, true, rows);
  const ResponseRow row(T, true);
  for (std::size_t u = 0; u < community.days.size(); ++u) {
    const auto dense = dense_newton(community.days[u], community.prices.market.data());
    const double* own = &rows.values[u * row.width];
    const double supply = 1e-9 * (1.0 + largest(dense.supply));
    const double slope = 1e-9 * (1e-9 + largest(dense.response));
    for (std::size_t i = 0; i < T; ++i) {
      const auto k = static_cast<Eigen::Index>(i);
      EXPECT_NEAR(own[row.supply + i], dense.supply(k), supply) << "prosumer " << u;
      for (std::size_t j = 0; j <= i; ++j) {
        EXPECT_NEAR(own[row.response + i * (i + 1) / 2 + j],
                    dense.response(k, static_cast<Eigen::Index>(j)), slope)
            << "prosumer " << u << ", slots " << i << ", " << j;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Slots, BlocksAgainstDense, ::testing::Values(1, 5, 24));

TEST(Blocks, MoveSuppliesWhatTheResponseSays) {
  constexpr std::size_t T = 24;
  Community community(11, 30, T);
  Blocks blocks(community.days, one_each(30), T);
  const ResponseRow row(T, true);
  std::vector<double> dp;
  for (std::size_t t = 0; t < T; ++t) dp.push_back(community.number(-1.0, 1.0));
  for (int round = 0; round < 4; ++round) {
    ChunkRows before, after;
    blocks.respond(community.prices.market, {1.0, 0.0}, true, before);
    const double worst = blocks.move(community.prices.market, dp, after);
    const MoveRow moved(T);
    for (std::size_t u = 0; u < community.days.size(); ++u) {
      const double* own = &before.values[u * row.width];
      for (std::size_t i = 0; i < T; ++i) {
        double expected = own[row.supply + i];
        double size = 1.0 + std::abs(expected);
        for (std::size_t j = 0; j < T; ++j) {
          const std::size_t at = i < j ? j * (j + 1) / 2 + i : i * (i + 1) / 2 + j;
          expected -= own[row.response + at] * dp[j];
          size += std::abs(own[row.response + at]);
        }
        EXPECT_NEAR(after.values[u * moved.width + moved.supply + i], expected, 1e-11 * size);
      }
    }
    blocks.advance(0.9 / std::max(1.0, worst));
  }
}

TEST(Blocks, SumsDoNotDependOnTheDivisionIntoRanks) {
  constexpr std::size_t T = 6;
  const Community community(3, 12, T);
  const std::vector<Chunk> chunks{{0, 8, 0}, {8, 4, 0}};
  Blocks all(community.days, chunks, T);
  Blocks second(std::span(community.days).subspan(8), {{0, 4, 0}}, T);
  ChunkRows of_all, of_second;
  all.respond(community.prices.market, {0.0, 0.0}, true, of_all);
  second.respond(community.prices.market, {0.0, 0.0}, true, of_second);
  for (std::size_t i = 0; i < of_second.width; ++i) {
    EXPECT_EQ(of_all.values[of_all.width + i], of_second.values[i]);
  }
}

#if defined(__x86_64__)
TEST(Blocks, BothInstructionSetsGiveTheSameBits) {
  if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "this processor has no AVX2";
  constexpr std::size_t T = 24;
  const Community community(5, 21, T);
  const std::vector<Chunk> chunks{{0, 21, 0}};
  Blocks one(community.days, chunks, T, block::kernel_baseline());
  Blocks two(community.days, chunks, T, block::kernel_avx2());
  const std::vector<double> dp(T, 0.5);
  for (int round = 0; round < 3; ++round) {
    ChunkRows first, second;
    one.respond(community.prices.market, {0.1, round > 0 ? 1.0 : 0.0}, true, first);
    two.respond(community.prices.market, {0.1, round > 0 ? 1.0 : 0.0}, true, second);
    EXPECT_EQ(first.values, second.values);
    const double worst = one.move(community.prices.market, dp, first);
    EXPECT_EQ(worst, two.move(community.prices.market, dp, second));
    EXPECT_EQ(first.values, second.values);
    one.advance(0.9 / std::max(1.0, worst));
    two.advance(0.9 / std::max(1.0, worst));
  }
}
#endif

}  // namespace
}  // namespace gridtally::reference
