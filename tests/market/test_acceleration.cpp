#include <gtest/gtest.h>

#include <cmath>

#include "market/acceleration.hpp"
#include "market/random_market.hpp"

namespace gridtally::market {
namespace {

constexpr std::size_t length = 40;

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

Point random_point(Numbers& number, double most) {
  const auto row = random_row(number, length, most);
  return std::make_shared<const Coordinates>(row.begin(), row.end());
}

Change change_of(const Point& point, const Point& step) {
  auto move = std::make_shared<Coordinates>(*point);
  for (std::size_t i = 0; i < length; ++i) (*move)[i] += (*step)[i];
  return {point, step, move};
}

struct Remembered {
  Acceleration memory;
  std::vector<double> step;   ///< f
  std::vector<double> right;  ///< ⟨Δf_i, f⟩
};

/// Steps one by one, `reach` the size of Δz; `alike` makes Δf rounding beside f.
Remembered remembered(unsigned seed, int count, std::size_t most, double reach, double alike) {
  Numbers number(seed);
  Remembered result;
  auto& memory = result.memory;
  for (int k = 0; k < count; ++k) {
    const auto dz = random_point(number, reach);
    const auto df = random_point(number, alike);
    auto points = memory.points;
    auto steps = memory.steps;
    points.push_back(dz);
    steps.push_back(df);
    std::vector<double> point_products;
    point_products.reserve(points.size());
    std::vector<double> step_products;
    step_products.reserve(steps.size());
    for (const auto& each : points) point_products.push_back(dot(*each, *dz));
    for (const auto& each : steps) step_products.push_back(dot(*each, *df));
    remember(memory, most, change_of(dz, df), point_products, step_products);
  }
  result.step = random_row(number, length, 1.0);
  memory.square = dot(result.step, result.step);
  for (const auto& each : memory.steps) result.right.push_back(dot(*each, result.step));
  return result;
}

TEST(Acceleration, KeepsTheNewestStepsAndAllTheirProducts) {
  const auto [memory, step, right] = remembered(1, 7, 4, 1.0, 1.0);
  ASSERT_EQ(memory.kept(), 4U);
  ASSERT_EQ(memory.points.size(), 4U);
  ASSERT_EQ(memory.moves.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(*memory.moves[i], *change_of(memory.points[i], memory.steps[i]).move);
    for (std::size_t j = 0; j < 4; ++j) {
      EXPECT_EQ(memory.step_products[i * 4 + j], dot(*memory.steps[i], *memory.steps[j]));
      EXPECT_EQ(memory.point_products[i * 4 + j], dot(*memory.points[i], *memory.points[j]));
    }
  }
}

TEST(Acceleration, WeightsLeaveARestThatIsOrthogonalToEveryStep) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const auto [memory, step, right] = remembered(seed, 6, 6, 1.0, 1.0);
    const auto weights = extrapolation_weights(memory, right);
    ASSERT_EQ(weights.size(), 6U);
    auto rest = step;
    for (std::size_t j = 0; j < 6; ++j) {
      for (std::size_t i = 0; i < length; ++i) rest[i] -= weights[j] * (*memory.steps[j])[i];
    }
    for (const auto& each : memory.steps) EXPECT_NEAR(dot(rest, *each), 0.0, 1e-6);
    EXPECT_LT(dot(rest, rest), memory.square);
  }
}

TEST(Acceleration, EqualStepsMakeNoWildExtrapolation) {
  // Δf is rounding: without regularisation γ would be of the order 10^9.
  const auto [memory, step, right] = remembered(3, 5, 5, 1.0, 1e-9);
  const auto weights = extrapolation_weights(memory, right);
  ASSERT_EQ(weights.size(), 5U);
  for (const double weight : weights) EXPECT_LT(std::abs(weight), 1.0);
}

TEST(Acceleration, TheExtrapolationIsAtMostFiftyStepsLong) {
  const auto [memory, step, right] = remembered(4, 5, 5, 1e3, 1.0);
  const auto weights = extrapolation_weights(memory, right);
  ASSERT_EQ(weights.size(), 5U);
  std::vector<double> reach(length, 0.0);
  for (std::size_t j = 0; j < 5; ++j) {
    for (std::size_t i = 0; i < length; ++i) reach[i] += weights[j] * (*memory.points[j])[i];
  }
  EXPECT_NEAR(std::sqrt(dot(reach, reach) / memory.square), 50.0, 1e-6);
}

TEST(Acceleration, StepsThatAreZeroGiveNoWeights) {
  Acceleration memory;
  const auto zero = std::make_shared<const Coordinates>(length, 0.0);
  remember(memory, 3, {zero, zero, zero}, std::vector<double>{0.0}, std::vector<double>{0.0});
  EXPECT_TRUE(extrapolation_weights(memory, std::vector<double>{0.0}).empty());
}

struct PenaltyCase {
  const char* name;
  int changed;
  int iteration;
  Sizes sizes;
  double factor;
};

TEST(Penalty, FollowsTheRelativeResiduals) {
  const PenaltyCase cases[] = {
      {"far from agreement, early", 0, 2, {100.0, 1.0, 1.0, 1.0}, 10.0},
      {"not in odd early iterations", 0, 3, {100.0, 1.0, 1.0, 1.0}, 1.0},
      {"prices stiff, early", 0, 4, {1.0, 100.0, 1.0, 1.0}, 0.1},
      {"relative: large trades", 0, 2, {100.0, 1.0, 100.0, 1.0}, 1.0},
      {"at most 100 early", 0, 2, {1e12, 1.0, 1.0, 1.0}, 100.0},
      {"nothing moves", 0, 2, {1.0, 0.0, 1.0, 1.0}, 100.0},
      {"within a factor of four", 0, 2, {15.9, 1.0, 1.0, 1.0}, 1.0},
      {"later by the square root", 0, 12, {100.0, 1.0, 1.0, 1.0}, std::sqrt(10.0)},
      {"later at most 10", 0, 12, {1e12, 1.0, 1.0, 1.0}, 10.0},
      {"changed of late", 8, 12, {100.0, 1.0, 1.0, 1.0}, 1.0},
      {"longer intervals later", 40, 59, {100.0, 1.0, 1.0, 1.0}, 1.0},
      {"after the longer interval", 40, 60, {100.0, 1.0, 1.0, 1.0}, std::sqrt(10.0)},
      {"at rest it does not fall", 0, 12, {1e-16, 1e-11, 1.0, 1.0}, 1.0},
      {"at rest it may rise", 0, 12, {1e-4, 1e-11, 1.0, 1.0}, 10.0},
      {"no trade yet", 0, 2, {1.0, 1.0, 0.0, 1.0}, 1.0},
      {"no price yet", 0, 2, {1.0, 1.0, 1.0, 0.0}, 1.0},
  };
  for (const auto& each : cases) {
    Acceleration memory;
    memory.changed = each.changed;
    EXPECT_DOUBLE_EQ(penalty_factor(memory, each.iteration, each.sizes), each.factor) << each.name;
  }
}

}  // namespace
}  // namespace gridtally::market
