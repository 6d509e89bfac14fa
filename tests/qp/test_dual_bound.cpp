#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "qp/batch_solver.hpp"
#include "qp/optimality.hpp"
#include "qp/random_day.hpp"

namespace gridtally::qp {
namespace {

/// Days whose targets are premiums q [cents/kWh] of either sign.
Days premium_days(unsigned seed, std::size_t count, std::size_t slots) {
  Days days = random_days(seed, count, slots);
  Numbers number(seed);
  for (const auto& day : days) {
    for (auto& q : day->target) q = number(-40.0, 40.0);
  }
  return days;
}

double value(const Day& day, const Solution& x) {
  double sum = cost(day.problem, x);
  for (std::size_t t = 0; t < day.problem.slots; ++t) sum += day.target[t] * x.net_trade[t];
  return sum;
}

std::vector<Solution> solve_linear(const Days& days) {
  std::vector<Task> tasks;
  for (const auto& day : days) tasks.push_back(day->task());
  std::vector<Solution> solutions(days.size(), Solution(days.front()->problem.slots));
  BatchSolver(days.front()->problem.slots).solve(Mode::linear, tasks, solutions);
  return solutions;
}

double money(const Day& day) {
  return price_scale(day, Mode::linear) * energy_scale(day) *
         static_cast<double>(day.problem.slots);
}

TEST(DualBound, MeetsTheCostOfTheLinearSolution) {
  for (const std::size_t slots : {1, 2, 24, 96, 288}) {
    const Days days = premium_days(21, slots < 96 ? 60 : 12, slots);
    const auto solutions = solve_linear(days);
    for (std::size_t i = 0; i < days.size(); ++i) {
      const double upper = value(*days[i], solutions[i]);
      const double lower = dual_bound(days[i]->problem, days[i]->target.data(), solutions[i]);
      ASSERT_EQ(solutions[i].status, Status::solved);
      EXPECT_LE(lower, upper + 1e-10 * money(*days[i])) << slots << ' ' << i;
      EXPECT_GE(lower, upper - 1e-9 * money(*days[i])) << slots << ' ' << i;
    }
  }
}

void randomise(Solution& x, Numbers& number, double reach) {
  for (auto* row : {&x.battery_price, &x.peak_share, &x.reserve_share}) {
    for (auto& entry : *row) entry = number.chance(0.2) ? 0.0 : number(-reach, reach);
  }
  x.flexible_price = number(-reach, reach);
}

TEST(DualBound, HoldsForAnyMultipliers) {
  Numbers number(5);
  const Days days = premium_days(22, 60, 24);
  const auto solutions = solve_linear(days);
  for (std::size_t i = 0; i < days.size(); ++i) {
    const double upper = value(*days[i], solutions[i]);
    for (int round = 0; round < 40; ++round) {
      Solution multipliers = solutions[i];
      if (round % 2 == 0) {
        randomise(multipliers, number, std::pow(10.0, number(-2.0, 3.0)));
      } else {
        for (auto& mu : multipliers.battery_price) mu += number(-1.0, 1.0);
        multipliers.flexible_price += number(-1.0, 1.0);
      }
      EXPECT_LE(dual_bound(days[i]->problem, days[i]->target.data(), multipliers),
                upper + 1e-10 * money(*days[i]))
          << i << ' ' << round;
    }
  }
}

TEST(DualBound, OfASingleLoadByHand) {
  // Load 2 kWh, grid at 30 up to 10 kWh, π + q = 10 + 5: buying from partners costs 15, so all 2
  // are bought there for 30 cents. With π + q = 40 the grid sells on: 2·40 − 10·(40 − 30) = −20.
  Day day(1);
  day.inflexible = {2.0};
  const Solution zero(1);
  const double cheap = 5.0;
  const double dear = 30.0;
  EXPECT_DOUBLE_EQ(dual_bound(day.problem, &cheap, zero), 30.0);
  EXPECT_DOUBLE_EQ(dual_bound(day.problem, &dear, zero), -20.0);
}

TEST(Cost, AddsEveryTermByHand) {
  // 30·1 + 30·2 grid, peak 5·2, discomfort 2·(0.5² + 0.5²), wear 1·(1 + 0.5), trade 10·(3 − 1),
  // reserve −4·0.25.
  Day day(2);
  day.reserve_price = {0.0, 4.0};
  day.flexible_reference = {1.0, 1.0};
  day.problem.peak_price = 5.0;
  day.problem.discomfort_weight = 2.0;
  Solution x(2);
  x.grid = {1.0, 2.0};
  x.flexible = {0.5, 1.5};
  x.charge = {1.0, 0.0};
  x.discharge = {0.0, 0.5};
  x.net_trade = {3.0, -1.0};
  x.reserve = {7.0, 0.25};
  EXPECT_DOUBLE_EQ(cost(day.problem, x), 90.0 + 10.0 + 1.0 + 1.5 + 20.0 - 1.0);
}

}  // namespace
}  // namespace gridtally::qp
