#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "qp/batch_solver.hpp"
#include "qp/numbers_of.hpp"
#include "qp/optimality.hpp"
#include "qp/random_day.hpp"

namespace gridtally::qp {
namespace {

std::vector<Task> tasks_of(const Days& days) {
  std::vector<Task> tasks;
  for (const auto& day : days) tasks.push_back(day->task());
  return tasks;
}

std::vector<Solution> solve(const Days& days, int lanes = 0) {
  const std::size_t slots = days.front()->problem.slots;
  std::vector<Solution> solutions(days.size(), Solution(slots));
  BatchSolver(slots, lanes).solve(Mode::proximal, tasks_of(days), solutions);
  return solutions;
}

/// Moves every target by up to `share` of the day's energies.
void disturb(const Days& days, double share, unsigned seed) {
  Numbers number(seed);
  for (const auto& day : days) {
    const double reach = share * energy_scale(*day);
    for (auto& value : day->target) value += number(-reach, reach);
  }
}

std::vector<Solution> go_on(const Days& days, std::vector<Solution> points, int lanes = 0) {
  const std::size_t slots = days.front()->problem.slots;
  BatchSolver(slots, lanes).solve(Mode::proximal, tasks_of(days), points, Start::warm);
  return points;
}

std::size_t count(const std::vector<Solution>& points, Route route) {
  return static_cast<std::size_t>(
      std::count_if(points.begin(), points.end(),
                    [route](const Solution& point) { return point.route == route; }));
}

void expect_optimal(const Days& days, const std::vector<Solution>& points, double tolerance) {
  for (std::size_t i = 0; i < days.size(); ++i) {
    const auto found = optimality(*days[i], Mode::proximal, days[i]->target, points[i]);
    ASSERT_EQ(points[i].status, Status::solved) << i;
    EXPECT_LT(found.primal, tolerance) << i;
    EXPECT_LT(found.dual, tolerance) << i;
    EXPECT_LT(found.complementarity, tolerance) << i;
  }
}

class WarmStart : public ::testing::TestWithParam<std::size_t> {};

TEST_P(WarmStart, HoldsTheOptimalityConditionsToTheLastDigits) {
  const Days days = random_days(81, 60, GetParam());
  auto points = solve(days);
  for (const double share : {1e-6, 1e-3, 1e-1, 1.0}) {
    disturb(days, share, 5);
    points = go_on(days, points);
    expect_optimal(days, points, 1e-11);
  }
}

TEST_P(WarmStart, FindsWhatAColdStartFinds) {
  const Days days = random_days(82, 60, GetParam());
  const auto before = solve(days);
  disturb(days, 1e-2, 6);
  const auto warm = go_on(days, before);
  const auto cold = solve(days);
  for (std::size_t i = 0; i < days.size(); ++i) {
    for (std::size_t t = 0; t < GetParam(); ++t) {
      EXPECT_NEAR(warm[i].net_trade[t], cold[i].net_trade[t], 1e-9 * energy_scale(*days[i]))
          << i << ' ' << t;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Slots, WarmStart, ::testing::Values(1, 2, 24, 96, 288));

TEST(WarmStart, AnUnchangedSetTakesOneRound) {
  const Days days = random_days(83, 200, 24);
  auto points = solve(days);
  disturb(days, 1e-9, 7);
  points = go_on(days, points);
  EXPECT_GE(count(points, Route::active_set), 195U);
  const auto rounds = [](const Solution& a, const Solution& b) { return a.rounds < b.rounds; };
  std::nth_element(points.begin(), points.begin() + 100, points.end(), rounds);
  EXPECT_EQ(points[100].rounds, 1);
}

TEST(WarmStart, MostSetsAreRepairedAfterASmallChange) {
  const Days days = random_days(84, 200, 24);
  auto points = solve(days);
  disturb(days, 0.1, 8);
  points = go_on(days, points);
  EXPECT_GE(count(points, Route::active_set), 170U);
  expect_optimal(days, points, 1e-11);
}

TEST(WarmStart, AMisleadingSetIsOvercome) {
  const Days days = random_days(85, 120, 24);
  auto points = solve(days);
  std::mt19937 bits(3);
  for (auto& point : points) {
    for (auto& word : point.active_set) {
      // Any of free, at the lower and at the upper bound for each of the seven variables.
      word = 1U << 31;
      for (int v = 0; v < 7; ++v) word |= static_cast<std::uint32_t>(bits() % 3) << (2 * v);
    }
  }
  points = go_on(days, points);
  expect_optimal(days, points, 1e-11);
}

TEST(WarmStart, WithoutAPointIsACold) {
  const Days days = random_days(86, 20, 24);
  auto points = solve(days);
  const auto expected = points;
  for (auto& point : points) point.forget();
  points = go_on(days, points);
  for (std::size_t i = 0; i < days.size(); ++i) {
    EXPECT_EQ(numbers_of(points[i]), numbers_of(expected[i])) << i;
    EXPECT_EQ(points[i].active_set, expected[i].active_set) << i;
  }
}

TEST(WarmStart, EveryNumberOfLanesGivesTheSameBits) {
  const Days days = random_days(87, 45, 24);
  const auto before = solve(days);
  disturb(days, 0.3, 9);
  const auto expected = go_on(days, before, 1);
  EXPECT_GT(count(expected, Route::active_set), 0U);
  EXPECT_GT(count(expected, Route::polished), 0U) << "no lane had to start again";
  for (int lanes = 2; lanes <= supported_lanes(); lanes *= 2) {
    const auto found = go_on(days, before, lanes);
    for (std::size_t i = 0; i < days.size(); ++i) {
      const auto a = numbers_of(found[i]);
      const auto b = numbers_of(expected[i]);
      EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(double)), 0) << i;
      EXPECT_EQ(found[i].route, expected[i].route) << i;
      EXPECT_EQ(found[i].active_set, expected[i].active_set) << i;
    }
  }
}

}  // namespace
}  // namespace gridtally::qp
