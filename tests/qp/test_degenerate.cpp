#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "qp/batch_solver.hpp"
#include "qp/optimality.hpp"
#include "qp/random_day.hpp"

namespace gridtally::qp {
namespace {

constexpr std::size_t slots = 24;

struct Degenerate {
  const char* name;
  std::function<void(Day&)> make;
};

void fill(std::vector<double>& row, double value) { std::fill(row.begin(), row.end(), value); }

// Days in which bounds meet, multipliers vanish together with their distances, or many schedules
// cost the same.
const std::vector<Degenerate>& degenerates() {
  static const std::vector<Degenerate> all{
      {"NoSun", [](Day& day) { fill(day.renewable, 0.0); }},
      {"NoBattery", [](Day& day) { day.problem.battery_max = day.problem.battery_min; }},
      {"FullBattery",
       [](Day& day) {
         day.problem.battery_start = day.problem.battery_end = day.problem.battery_max;
       }},
      {"EmptyBattery",
       [](Day& day) {
         day.problem.battery_start = day.problem.battery_end = day.problem.battery_min;
       }},
      {"PinnedLoad",
       [](Day& day) { day.flexible_min = day.flexible_max = day.flexible_reference; }},
      {"LoadAtItsLimit", [](Day& day) { day.flexible_max = day.flexible_reference; }},
      {"ZeroPrices",
       [](Day& day) {
         fill(day.grid_price, 0.0);
         fill(day.reserve_price, 0.0);
         day.problem.peak_price = day.problem.p2p_price = day.problem.wear_cost = 0.0;
       }},
      {"EqualPrices",
       [](Day& day) {
         fill(day.grid_price, 20.0);
         fill(day.reserve_price, 1.0);
         day.problem.p2p_price = 20.0;
       }},
      {"NoWeights", [](Day& day) { day.problem.discomfort_weight = day.problem.wear_cost = 0.0; }},
      {"NoTargets", [](Day& day) { fill(day.target, 0.0); }},
      {"NoGrid", [](Day& day) { day.problem.grid_max = 0.0; }},
      {"NothingAtAll", [](Day& day) {
         for (auto* row : {&day.renewable, &day.inflexible, &day.flexible_reference,
                           &day.flexible_min, &day.flexible_max, &day.target}) {
           fill(*row, 0.0);
         }
         day.problem.battery_max = day.problem.battery_min;
       }}};
  return all;
}

Days degenerate_days(const Degenerate& kind, unsigned seed) {
  Days days;
  for (unsigned i = 0; i < 40; ++i) {
    days.push_back(random_day(seed + i, slots, 1.0));
    kind.make(*days.back());
    auto& p = days.back()->problem;
    p.battery_start = std::min(std::max(p.battery_start, p.battery_min), p.battery_max);
    p.battery_end = std::min(p.battery_end, p.battery_max);
  }
  return days;
}

std::vector<Solution> solve(Mode mode, const Days& days) {
  std::vector<Task> tasks;
  for (const auto& day : days) tasks.push_back(day->task());
  const std::size_t T = days.front()->problem.slots;
  std::vector<Solution> solutions(days.size(), Solution(T));
  BatchSolver(T).solve(mode, tasks, solutions);
  return solutions;
}

void expect_optimal(Mode mode, const Days& days, const std::vector<Solution>& solutions) {
  for (std::size_t i = 0; i < days.size(); ++i) {
    const auto found = optimality(*days[i], mode, days[i]->target, solutions[i]);
    ASSERT_EQ(solutions[i].status, Status::solved) << i;
    // What its active set made exact; the interior point alone stops where rounding stops it.
    const double tolerance = solutions[i].route == Route::polished ? 1e-11 : 1e-9;
    EXPECT_LT(found.primal, tolerance) << i;
    EXPECT_LT(found.dual, tolerance) << i;
    EXPECT_LT(found.complementarity, tolerance) << i;
  }
}

class DegenerateDay : public ::testing::TestWithParam<Degenerate> {};

TEST_P(DegenerateDay, IsSolvedInEveryMode) {
  const Days days = degenerate_days(GetParam(), 700);
  for (const Mode mode : {Mode::proximal, Mode::fixed, Mode::linear}) {
    expect_optimal(mode, days, solve(mode, days));
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, DegenerateDay, ::testing::ValuesIn(degenerates()),
                         [](const auto& tested) { return std::string(tested.param.name); });

// 10,000 days, energies and prices over eight decades each.
TEST(DegenerateDay, TenThousandRandomDaysAreSolved) {
  Numbers number(77);
  std::size_t interior = 0;
  for (unsigned batch = 0; batch < 100; ++batch) {
    Days days;
    for (unsigned i = 0; i < 100; ++i) {
      days.push_back(
          random_day(100000 + 100 * batch + i, slots, std::pow(10.0, number(-4.0, 4.0))));
      const double money = std::pow(10.0, number(-4.0, 4.0));
      auto& p = days.back()->problem;
      for (auto* row : {&days.back()->grid_price, &days.back()->reserve_price}) {
        for (auto& price : *row) price *= money;
      }
      for (double* price : {&p.peak_price, &p.p2p_price, &p.wear_cost, &p.discomfort_weight}) {
        *price *= money;
      }
      days.back()->compliance /= money;
    }
    const auto solutions = solve(Mode::proximal, days);
    expect_optimal(Mode::proximal, days, solutions);
    interior += static_cast<std::size_t>(
        std::count_if(solutions.begin(), solutions.end(),
                      [](const Solution& solution) { return solution.route == Route::interior; }));
    for (const Mode mode : {Mode::fixed, Mode::linear}) {
      expect_optimal(mode, days, solve(mode, days));
    }
    if (HasFailure()) FAIL() << "batch " << batch;
  }
  EXPECT_LT(interior, 100U) << "active sets that did not hold";
}

TEST(DegenerateDay, WhereTheSetDoesNotHoldTheInteriorPointStands) {
  // At fixed net trades the grid alone serves many a slot: every other variable is held, and the
  // active set does not tell the price. Some of these days therefore end with the interior point.
  Days days = random_days(31, 300, slots);
  const auto free = solve(Mode::proximal, days);
  for (std::size_t i = 0; i < days.size(); ++i) days[i]->target = free[i].net_trade;
  const auto solutions = solve(Mode::fixed, days);
  std::size_t interior = 0;
  for (const auto& solution : solutions) interior += solution.route == Route::interior ? 1 : 0;
  EXPECT_GT(interior, 0U);
  expect_optimal(Mode::fixed, days, solutions);
}

TEST(DegenerateDay, OfEquallyCheapSchedulesTheEvenOneIsReturned) {
  // 6 kWh of load that may stand in any of three slots, a wish for it in slot 0 with no weight, and
  // 1, 2 and 3 kWh of other load: at equal prices the grid's energy is what the tie break spreads
  // evenly, besides the flexible load itself.
  Day day(3);
  day.problem.discomfort_weight = 0.0;
  day.inflexible = {1.0, 2.0, 3.0};
  day.flexible_reference = {6.0, 0.0, 0.0};
  day.flexible_max = {6.0, 6.0, 6.0};
  Solution x(3);
  const Task task = day.task();
  BatchSolver(3).solve(Mode::fixed, {&task, 1}, {&x, 1});
  ASSERT_EQ(x.status, Status::solved);
  // min Σ g² + l² with g = l + L_if and Σ l = 6: l_t = 2 − (L_if − 2)/2.
  const std::vector<double> expected{2.5, 2.0, 1.5};
  for (std::size_t t = 0; t < 3; ++t) EXPECT_NEAR(x.flexible[t], expected[t], 1e-6) << t;
}

}  // namespace
}  // namespace gridtally::qp
