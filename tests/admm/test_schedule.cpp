#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "admm/schedule.hpp"
#include "qp/batch_solver.hpp"

namespace gridtally::admm {
namespace {

/// Four slots; a battery of 1 … 5 kWh that starts and must end at 2, η = 0.9; Σ l = 4 kWh.
struct Home {
  std::vector<double> grid_price{30.0, 10.0, 20.0, 40.0};
  std::vector<double> reserve_price{1.0, 1.0, 1.0, 1.0};
  std::vector<double> renewable{0.0, 3.0, 1.0, 0.0};
  std::vector<double> inflexible{1.0, 0.5, 0.5, 2.0};
  std::vector<double> reference{1.0, 1.0, 1.0, 1.0};
  std::vector<double> least{0.5, 0.0, 0.5, 0.5};
  std::vector<double> most{2.0, 2.0, 1.0, 2.0};
  qp::DayProblem day;

  Home() {
    day.slots = 4;
    day.grid_price = grid_price.data();
    day.reserve_price = reserve_price.data();
    day.renewable = renewable.data();
    day.inflexible = inflexible.data();
    day.flexible_reference = reference.data();
    day.flexible_min = least.data();
    day.flexible_max = most.data();
    day.peak_price = 5.0;
    day.p2p_price = 10.0;
    day.battery_min = 1.0;
    day.battery_max = 5.0;
    day.battery_start = day.battery_end = 2.0;
    day.charge_max = day.discharge_max = 1.5;
    day.efficiency = 0.9;
    day.grid_max = 3.0;
    day.wear_cost = 0.2;
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  [[nodiscard]] qp::Solution solve(const std::vector<double>& net_trade) const {
    std::vector<qp::Solution> out(1, qp::Solution(4));
    const std::vector<qp::Task> tasks{{&day, net_trade.data(), 1.0}};
    qp::BatchSolver(4).solve(qp::Mode::fixed, tasks, out);
    return out.front();
  }
};

/// Every promise of a published schedule but the balance.
void expect_inside(const qp::DayProblem& day, const qp::Solution& x) {
  constexpr double rounding = 1e-14;
  double level = day.battery_start;
  double flexible = 0.0;
  double energy = 0.0;
  for (std::size_t t = 0; t < day.slots; ++t) {
    const auto within = [t](double value, double low, double high, const char* what) {
      EXPECT_GE(value, low) << what << t;
      EXPECT_LE(value, high) << what << t;
    };
    within(x.grid[t], 0.0, day.grid_max, "grid ");
    within(x.renewable[t], 0.0, day.renewable[t], "renewable ");
    within(x.flexible[t], day.flexible_min[t], day.flexible_max[t], "flexible ");
    within(x.charge[t], 0.0, day.charge_max, "charge ");
    within(x.discharge[t], 0.0, day.discharge_max, "discharge ");
    within(x.stored[t], day.battery_min, day.battery_max, "stored ");
    within(x.reserve[t], 0.0, std::min(day.discharge_max, x.stored[t] - day.battery_min),
           "reserve ");
    EXPECT_NEAR(x.stored[t], level + day.efficiency * x.charge[t] - x.discharge[t] / day.efficiency,
                rounding)
        << t;
    level = x.stored[t];
    flexible += x.flexible[t];
    energy += day.flexible_reference[t];
  }
  EXPECT_GE(level, day.battery_end);
  EXPECT_NEAR(flexible, energy, 1e-14);
  EXPECT_EQ(x.peak, *std::max_element(x.grid.begin(), x.grid.end()));
}

void expect_balanced(const qp::DayProblem& day, const qp::Solution& x) {
  for (std::size_t t = 0; t < day.slots; ++t) {
    const double sources = x.grid[t] + x.renewable[t] + x.discharge[t] + x.net_trade[t];
    const double uses = x.flexible[t] + day.inflexible[t] + x.charge[t];
    EXPECT_NEAR(sources, uses, 1e-12) << t;
  }
}

TEST(MakeExact, SolverPointBecomesAPublishableSchedule) {
  const Home home;
  const std::vector<double> trade{0.5, -1.0, 0.0, 1.0};
  auto x = home.solve(trade);
  std::vector<double> change(4, 7.0);
  EXPECT_TRUE(make_exact(home.day, trade, x, change));
  EXPECT_EQ(change, std::vector<double>(4, 0.0));
  EXPECT_EQ(x.net_trade, trade);
  expect_inside(home.day, x);
  expect_balanced(home.day, x);
}

TEST(MakeExact, ErrorsOfASolverAreTakenUp) {
  const Home home;
  const std::vector<double> trade{0.5, -1.0, 0.0, 1.0};
  auto x = home.solve(trade);
  for (std::size_t t = 0; t < 4; ++t) {
    const double error = t % 2 == 0 ? 1e-7 : -1e-7;
    x.flexible[t] += error;
    x.charge[t] = std::clamp(x.charge[t] - error, 0.0, 1.5);
    x.discharge[t] = std::clamp(x.discharge[t] + error, 0.0, 1.5);
    x.reserve[t] += error;
  }
  x.flexible[1] += 3e-7;
  std::vector<double> change(4);
  EXPECT_TRUE(make_exact(home.day, trade, x, change));
  expect_inside(home.day, x);
  expect_balanced(home.day, x);
}

TEST(MakeExact, MissingEnergyIsAskedForAndSurplusGivenBackInTheirSlots) {
  // No battery or flexible load, grid at most 3. Slot 0: a load of 1 and a sale of 5 need 6, 3 are
  // missing. Slot 2: 4 kWh come in for a load of ½: 3.5 too many. Slots 1 and 3 are served.
  Home home;
  for (auto* row : {&home.reference, &home.least, &home.most}) row->assign(4, 0.0);
  home.day.battery_max = home.day.battery_start = home.day.battery_end = home.day.battery_min;
  std::vector<double> trade{-5.0, 0.0, 4.0, 0.0};
  auto x = home.solve(trade);
  std::vector<double> change(4);
  EXPECT_FALSE(make_exact(home.day, trade, x, change));
  EXPECT_NEAR(change[0], 3.0, 1e-8);
  EXPECT_GT(change[0], 3.0);
  EXPECT_EQ(change[1], 0.0);
  EXPECT_NEAR(change[2], -3.5, 1e-8);
  EXPECT_LT(change[2], -3.5);
  EXPECT_EQ(change[3], 0.0);

  for (std::size_t t = 0; t < 4; ++t) trade[t] += change[t];
  x = home.solve(trade);
  EXPECT_TRUE(make_exact(home.day, trade, x, change)) << "what was asked for must be enough";
  expect_balanced(home.day, x);
}

TEST(MakeExact, BalanceIsSuppliesLessUses) {
  Home home;
  qp::Solution x(4);
  x.grid[2] = 8.0;
  x.renewable[2] = 4.0;
  x.discharge[2] = 2.0;
  x.net_trade[2] = 1.0;
  x.flexible[2] = 0.25;
  x.charge[2] = 0.125;
  EXPECT_EQ(balance_residual(home.day, x, 2), 15.0 - 0.25 - 0.5 - 0.125);
}

}  // namespace
}  // namespace gridtally::admm
