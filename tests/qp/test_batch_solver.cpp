#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string>

#include "base/error.hpp"
#include "qp/batch_solver.hpp"
#include "qp/dense_reference.hpp"
#include "qp/numbers_of.hpp"
#include "qp/optimality.hpp"
#include "qp/random_day.hpp"

namespace gridtally::qp {
namespace {

std::vector<Solution> solve(Mode mode, const std::vector<Task>& tasks, int lanes = 0) {
  const std::size_t slots = tasks.front().day->slots;
  std::vector<Solution> solutions(tasks.size(), Solution(slots));
  BatchSolver(slots, lanes).solve(mode, tasks, solutions);
  return solutions;
}

Solution solve_one(Mode mode, const Day& day) { return solve(mode, {day.task()}).front(); }

std::vector<Task> tasks_of(const Days& days) {
  std::vector<Task> tasks;
  for (const auto& day : days) tasks.push_back(day->task());
  return tasks;
}

/// 300 days: T = 1, 2, 24, 96, 288.
std::vector<Days> the_days() {
  std::vector<Days> all;
  const std::pair<std::size_t, std::size_t> shapes[] = {
      {1, 60}, {2, 60}, {24, 140}, {96, 30}, {288, 10}};
  for (const auto& [slots, count] : shapes) {
    all.push_back(random_days(static_cast<unsigned>(7 + slots), count, slots));
  }
  return all;
}

void expect_optimal(const Day& day, Mode mode, const std::vector<double>& target, const Solution& x,
                    std::size_t which) {
  const auto found = optimality(day, mode, target, x);
  const auto place = ::testing::Message() << "T " << day.problem.slots << ", day " << which;
  EXPECT_EQ(x.status, Status::solved) << place;
  EXPECT_LT(found.primal, 1e-9) << place;
  EXPECT_LT(found.dual, 1e-9) << place;
  EXPECT_LT(found.complementarity, 1e-9) << place;
}

TEST(BatchSolver, ProximalPointsAreOptimal) {
  for (const auto& days : the_days()) {
    const auto solutions = solve(Mode::proximal, tasks_of(days));
    for (std::size_t i = 0; i < days.size(); ++i) {
      expect_optimal(*days[i], Mode::proximal, days[i]->target, solutions[i], i);
    }
  }
}

TEST(BatchSolver, ProximalCostEqualsThatOfADenseReference) {
  int compared = 0;
  for (const std::size_t slots : {1, 2, 6}) {
    const Days days = random_days(static_cast<unsigned>(40 + slots), 25, slots);
    const auto solutions = solve(Mode::proximal, tasks_of(days));
    for (std::size_t i = 0; i < days.size(); ++i) {
      const Day& day = *days[i];
      const double reference = dense_proximal_optimum(day);
      if (std::isnan(reference)) continue;
      double found = cost(day.problem, solutions[i]);
      for (std::size_t t = 0; t < slots; ++t) {
        const double away = solutions[i].net_trade[t] - day.target[t];
        found += 0.5 * away * away / day.compliance;
      }
      const double money = price_scale(day, Mode::proximal) * energy_scale(day);
      EXPECT_NEAR(found, reference, 1e-6 * money) << "T " << slots << ", day " << i;
      ++compared;
    }
  }
  EXPECT_GE(compared, 60) << "the reference gave up too often to say anything";
}

TEST(BatchSolver, LinearPointsAreOptimal) {
  for (const auto& days : the_days()) {
    for (const auto& day : days) {
      for (auto& q : day->target) q *= 5.0;  // q in cents/kWh of either sign
    }
    const auto solutions = solve(Mode::linear, tasks_of(days));
    for (std::size_t i = 0; i < days.size(); ++i) {
      expect_optimal(*days[i], Mode::linear, days[i]->target, solutions[i], i);
    }
  }
}

TEST(BatchSolver, FixedPointsServeAFeasibleNetTrade) {
  for (const auto& days : the_days()) {
    const auto free = solve(Mode::proximal, tasks_of(days));
    std::vector<Task> tasks;
    for (std::size_t i = 0; i < days.size(); ++i) tasks.push_back(days[i]->task(free[i].net_trade));
    const auto solutions = solve(Mode::fixed, tasks);
    for (std::size_t i = 0; i < days.size(); ++i) {
      expect_optimal(*days[i], Mode::fixed, free[i].net_trade, solutions[i], i);
      for (std::size_t t = 0; t < days[i]->problem.slots; ++t) {
        EXPECT_LT(solutions[i].unserved[t], 1e-8 * energy_scale(*days[i])) << i << ' ' << t;
        EXPECT_LT(solutions[i].spilled[t], 1e-8 * energy_scale(*days[i])) << i << ' ' << t;
      }
    }
  }
}

TEST(BatchSolver, WhatCannotBeServedShowsInItsSlot) {
  // Grid at most 2 kWh. Slot 1 needs 5 kWh: 3 are missing. In slot 2 the net trade brings 4 kWh for
  // a load of 1: 3 are left over. In slot 3 a sale of 1 kWh needs grid 2 of a load of 1: served.
  Day day(4);
  day.problem.grid_max = 2.0;
  day.inflexible = {1.0, 5.0, 1.0, 1.0};
  day.target = {0.0, 0.0, 4.0, -1.0};
  const Solution x = solve_one(Mode::fixed, day);
  ASSERT_EQ(x.status, Status::solved);
  const std::vector<double> unserved{0.0, 3.0, 0.0, 0.0};
  const std::vector<double> spilled{0.0, 0.0, 3.0, 0.0};
  for (std::size_t t = 0; t < 4; ++t) {
    EXPECT_NEAR(x.unserved[t], unserved[t], 1e-9) << t;
    EXPECT_NEAR(x.spilled[t], spilled[t], 1e-9) << t;
  }
}

TEST(BatchSolver, BatteryCarriesSunIntoTheEveningByHand) {
  // 4 kWh of sun in slot 0, 2 kWh of load in slot 1, no trading (φ = 0, A = 0), η = ½: carrying
  // d = 1 kWh out takes 2 kWh from the level, that is c = 4 kWh in. The grid serves the other 1
  // kWh.
  Day day(2);
  day.renewable = {4.0, 0.0};
  day.inflexible = {0.0, 2.0};
  day.problem.battery_max = 9.0;
  day.problem.charge_max = day.problem.discharge_max = 9.0;
  day.problem.efficiency = 0.5;
  day.problem.wear_cost = 0.25;
  day.compliance = 0.0;
  const Solution x = solve_one(Mode::proximal, day);
  ASSERT_EQ(x.status, Status::solved);
  EXPECT_NEAR(x.charge[0], 4.0, 1e-9);
  EXPECT_NEAR(x.stored[0], 2.0, 1e-9);
  EXPECT_NEAR(x.discharge[1], 1.0, 1e-9);
  EXPECT_NEAR(x.grid[1], 1.0, 1e-9);
  EXPECT_NEAR(cost(day.problem, x), 30.0 + 0.25 * 5.0, 1e-8);
}

TEST(BatchSolver, NetTradeAnswersThePrice) {
  // Load 1, price from the grid 30, π = 10, A = 0, φ = 0.01: buying s = φ (30 − 10) = 0.2 makes the
  // marginal trade as dear as the grid, which serves the other 0.8.
  Day day(1);
  day.inflexible = {1.0};
  day.compliance = 0.01;
  const Solution x = solve_one(Mode::proximal, day);
  EXPECT_NEAR(x.price[0], 30.0, 1e-4);  // the tie break moves it by 1e-6 of a price
  EXPECT_NEAR(x.net_trade[0], 0.2, 1e-6);
  EXPECT_NEAR(x.grid[0], 0.8, 1e-6);
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

void expect_same_bits(const Solution& a, const Solution& b, std::size_t which, int lanes) {
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.route, b.route);
  EXPECT_EQ(a.active_set, b.active_set);
  EXPECT_TRUE(same_bits(numbers_of(a), numbers_of(b))) << "day " << which << ", lanes " << lanes;
}

class EveryMode : public ::testing::TestWithParam<Mode> {};

TEST_P(EveryMode, EveryNumberOfLanesGivesTheSameBits) {
  const Days days = random_days(3, 37, 24);
  const auto expected = solve(GetParam(), tasks_of(days), 1);
  for (int lanes = 2; lanes <= supported_lanes(); lanes *= 2) {
    const auto found = solve(GetParam(), tasks_of(days), lanes);
    for (std::size_t i = 0; i < days.size(); ++i) {
      expect_same_bits(found[i], expected[i], i, lanes);
    }
  }
}

TEST_P(EveryMode, NeighboursAndPositionDoNotMatter) {
  const Days days = random_days(4, 21, 24);
  const auto tasks = tasks_of(days);
  std::vector<std::size_t> order(days.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937 shuffle(9);
  const auto expected = solve(GetParam(), tasks);
  for (int round = 0; round < 4; ++round) {
    std::shuffle(order.begin(), order.end(), shuffle);
    std::vector<Task> shuffled;
    for (std::size_t i : order) shuffled.push_back(tasks[i]);
    const auto found = solve(GetParam(), shuffled);
    for (std::size_t i = 0; i < order.size(); ++i) {
      expect_same_bits(found[i], expected[order[i]], order[i], 0);
    }
  }
  for (std::size_t i = 0; i < days.size(); ++i) {
    expect_same_bits(solve(GetParam(), {tasks[i]}).front(), expected[i], i, 0);
  }
}

TEST_P(EveryMode, ASolverUsedBeforeGivesTheSameBits) {
  const Days days = random_days(5, 9, 24);
  const auto tasks = tasks_of(days);
  BatchSolver solver(24);
  std::vector<Solution> found(days.size(), Solution(24));
  solver.solve(Mode::fixed, tasks, found);
  solver.solve(GetParam(), tasks, found);
  const auto expected = solve(GetParam(), tasks);
  for (std::size_t i = 0; i < days.size(); ++i) expect_same_bits(found[i], expected[i], i, 0);
}

std::string mode_name(const ::testing::TestParamInfo<Mode>& tested) {
  if (tested.param == Mode::proximal) return "proximal";
  return tested.param == Mode::fixed ? "fixed" : "linear";
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryMode,
                         ::testing::Values(Mode::proximal, Mode::fixed, Mode::linear), mode_name);

TEST(BatchSolver, UnusableShapesAreRefused) {
  EXPECT_THROW(BatchSolver(0), InputError);
  EXPECT_THROW(BatchSolver(289), InputError);
  EXPECT_THROW(BatchSolver(24, 3), InputError);
  EXPECT_THROW(BatchSolver(24, -1), InputError);
  EXPECT_THROW(BatchSolver(24, 16), InputError);
  EXPECT_EQ(BatchSolver(24).lanes(), supported_lanes());
}

}  // namespace
}  // namespace gridtally::qp
