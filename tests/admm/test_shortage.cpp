#include <gtest/gtest.h>

#include "admm/shortage.hpp"
#include "admm/small_homes.hpp"
#include "base/error.hpp"

namespace gridtally::admm {
namespace {

/// What is missing when `home` lives day 0 without trade from battery level `start`.
std::optional<Shortage> alone(const PublicTerms& terms, const Household& home, double start) {
  const auto day = day_problem(terms, home, 0, start);
  const std::vector<double> nothing(terms.slots, 0.0);
  const qp::Task task{&day, nothing.data(), 0.0};
  qp::Solution solution(terms.slots);
  qp::BatchSolver(terms.slots).solve(qp::Mode::fixed, {&task, 1}, {&solution, 1});
  EXPECT_EQ(solution.status, qp::Status::solved);
  return find_shortage(day, solution);
}

Household with_battery(Household home, double most, double initial, double power) {
  home.prosumer.battery_max = most;
  home.prosumer.battery_initial = initial;
  home.prosumer.charge_max = home.prosumer.discharge_max = power;
  return home;
}

void expect_limits(const std::optional<Shortage>& found, std::size_t slot, double missing,
                   const std::vector<const char*>& limits) {
  ASSERT_TRUE(found);
  EXPECT_EQ(found->slot, slot) << found->limits;
  EXPECT_NEAR(found->missing, missing, 1e-6);
  for (const auto* limit : limits) {
    EXPECT_NE(found->limits.find(limit), std::string::npos) << limit << ": " << found->limits;
  }
}

TEST(FindShortage, NamesTheGridWhereNothingElseHelps) {
  // Load 12 in slot 1, sun 0.5, grid at most 10.
  const auto found = alone(plain_terms(2, 1, 20.0), plain_home(0, 1, {0, 0.5}, {1, 12}), 0.0);
  expect_limits(found, 1, 1.5, {"grid at grid_max_kwh 10", "renewable at its 0.5", "no battery"});
  EXPECT_EQ(found->slots, 1U);
}

TEST(FindShortage, NamesTheWorstSlotAndCountsTheOthers) {
  const auto found = alone(plain_terms(3, 1, 20.0), plain_home(0, 1, {0, 0, 0}, {11, 13, 12}), 0.0);
  expect_limits(found, 1, 3.0, {});
  EXPECT_EQ(found->slots, 3U);
  EXPECT_NEAR(found->total, 6.0, 1e-6);
  EXPECT_TRUE(to_text(*found).starts_with(
      "without trading 3.000000 kWh cannot be served (6.000000 kWh in 3 slots of the day): grid"))
      << to_text(*found);
}

TEST(FindShortage, NamesTheDischargeOfAFullBattery) {
  // Load 13 in slot 0, grid 10, battery full at 5 but 1 a slot.
  const auto home = with_battery(plain_home(0, 1, {0, 0}, {13, 1}), 5.0, 5.0, 1.0);
  expect_limits(alone(plain_terms(2, 1, 20.0), home, 5.0), 0, 2.0,
                {"grid at grid_max_kwh 10", "discharge at discharge_max_kwh 1"});
}

TEST(FindShortage, NamesTheEmptyBatteryAndItsSlowCharge) {
  // Slots 0 and 1 can charge 1 each; slot 2 lacks 4.
  const auto home = with_battery(plain_home(0, 1, {0, 0, 0, 0}, {1, 1, 14, 1}), 8.0, 0.0, 1.0);
  auto quick = home;
  quick.prosumer.discharge_max = 5.0;
  expect_limits(alone(plain_terms(4, 1, 20.0), quick, 0.0), 2, 2.0,
                {"battery down to battery_min_kwh 0", "charge at charge_max_kwh 1 in 2 slots"});
}

TEST(FindShortage, NamesTheLevelThatTheDayMustEndWith) {
  // The battery gives 3 in slot 0 and must take them back in slot 1, where 1 kWh is left for it.
  const auto home = with_battery(plain_home(0, 1, {0, 0}, {13, 9}), 4.0, 4.0, 3.0);
  const auto found = alone(plain_terms(2, 1, 20.0), home, 4.0);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->total, 2.0, 1e-6);
  EXPECT_NE(found->limits.find("battery_initial_kwh 4"), std::string::npos) << found->limits;
}

TEST(FindShortage, NamesTheFlexibleLoadThatFitsNowhere) {
  // Grid 1 serves the load of 1 and no more: the flexible 1 kWh of the day has no place.
  auto home = with_battery(plain_home(0, 1, {0, 0}, {1, 1}), 1.0, 0.0, 1.0);
  home.prosumer.grid_max = 1.0;
  home.profile.flexible_reference = {0.75, 0.25};
  home.profile.flexible_max = {1.0, 1.0};
  const auto found = alone(plain_terms(2, 1, 20.0), home, 0.0);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->total, 1.0, 1e-6);
  EXPECT_NE(found->limits.find("of the day's 1 (sum of flexible_reference_kwh)"), std::string::npos)
      << found->limits;
}

TEST(FindShortage, WhoLivesFromTheConfiguredLevelLivesFromAHigherOne) {
  constexpr std::size_t slots = 24;
  int served = 0;
  int short_of = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    Numbers number(seed);
    const PublicTerms terms = random_terms(slots, 1, 40.0, number);
    auto home = random_home(0, 1, slots, number);
    home.prosumer.grid_max = number(0.8, 2.6);
    const auto& p = home.prosumer;
    if (alone(terms, home, p.battery_initial)) {
      ++short_of;
      continue;
    }
    ++served;
    for (const double share : {0.3, 0.7, 1.0}) {
      const double start = p.battery_initial + share * (p.battery_max - p.battery_initial);
      EXPECT_FALSE(alone(terms, home, start)) << seed << ' ' << start;
    }
  }
  EXPECT_GT(served, 10);
  EXPECT_GT(short_of, 10);
}

TEST(CheckAlone, NamesEveryProsumerDayAndSlot) {
  // Two days of two slots, grid 10: home 0 lacks 1 on day 1, home 2 lacks 2 on day 0.
  const std::vector<double> none(4, 0.0);
  const std::vector<Household> homes{plain_home(0, 1, none, {1, 1, 1, 11}),
                                     plain_home(1, 1, none, {1, 10, 10, 1}),
                                     plain_home(2, 1, none, {12, 1, 1, 1})};
  try {
    check_alone(homes, plain_terms(2, 2, 20.0), 2);
    FAIL() << "no InputError";
  } catch (const InputError& error) {
    ASSERT_EQ(error.faults().size(), 2U);
    EXPECT_TRUE(error.faults()[0].starts_with(
        "prosumer home 2, day 0, slot 0: without trading 2.000000 kWh cannot be served: grid at"))
        << error.faults()[0];
    EXPECT_TRUE(error.faults()[1].starts_with("prosumer home 0, day 1, slot 1: "))
        << error.faults()[1];
  }
  EXPECT_NO_THROW(check_alone(std::span(homes).subspan(0, 2), plain_terms(2, 2, 20.0), 1));
}

TEST(Households, WhoCannotLiveAloneIsNamedWhenTheDaySettles) {
  const PublicTerms terms = plain_terms(2, 1, 20.0);
  Households homes({plain_home(0, 1, {0, 0}, {1, 12})}, terms);
  const std::vector<double> trade{0.0, 5.0};
  try {
    homes.settle(trade, {2, {}, {0.0, 0.0}});
    FAIL() << "no Error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("prosumer 'home 0', day 0, slot 1: without trading 2"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace gridtally::admm
