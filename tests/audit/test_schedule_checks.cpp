#include <gtest/gtest.h>

#include "audit/schedule_checks.hpp"
#include "audit/small_run.hpp"

namespace gridtally::audit {
namespace {

using testing::small_slots;

/// A schedule of the small run with one number moved: which rule must notice, and where.
struct Case {
  const char* name;
  std::vector<double> archive::PrivateSchedule::*series;
  std::size_t slot;
  double change;
  const char* what;
};

const testing::SmallRun& run() {
  static const auto made = testing::make_small_run();
  return made;
}

std::optional<Finding> check(const archive::PrivateProsumer& home,
                             const archive::PrivateSchedule& schedule) {
  const auto net_trade =
      std::span(run().day_ends[0].net_trades).subspan(home.prosumer * small_slots, small_slots);
  return check_schedule(run().genesis, home, 0, schedule, net_trade);
}

TEST(ScheduleChecks, EverySettledScheduleOfARunHolds) {
  for (const auto& file : run().private_files) {
    for (const auto& home : file.prosumers) {
      const auto bad = check(home, home.schedules[0]);
      EXPECT_FALSE(bad) << describe(*bad);
    }
  }
}

TEST(ScheduleChecks, NamesSlotAndRuleOfANumberMoved) {
  using S = archive::PrivateSchedule;
  const std::vector<Case> cases{
      {"grid below zero", &S::grid, 1, -50.0, "grid"},
      {"grid above its limit", &S::grid, 1, 50.0, "grid"},
      {"more renewable than there is", &S::renewable, 2, 50.0, "renewable"},
      {"flexible load out of bounds", &S::flexible, 3, 9.0, "flexible load"},
      {"charge beyond its limit", &S::charge, 4, 9.0, "charge"},
      {"discharge below zero", &S::discharge, 0, -9.0, "discharge"},
      {"level above the battery", &S::stored, 5, 9.0, "battery level"},
      {"reserve that cannot be delivered", &S::reserve, 2, 9.0, "reserve"},
      {"net trade not as settled", &S::net_trade, 2, 1e-9, ""},
      {"balance open by a little", &S::grid, 2, 1e-9, "balance"},
  };
  const auto& home = run().private_files[0].prosumers[0];
  for (const auto& tested : cases) {
    SCOPED_TRACE(tested.name);
    auto schedule = home.schedules[0];
    (schedule.*tested.series)[tested.slot] += tested.change;
    const auto bad = check(home, schedule);
    ASSERT_TRUE(bad);
    EXPECT_EQ(bad->slot, tested.slot);
    EXPECT_EQ(bad->prosumer, 0U);
    EXPECT_NE(bad->what.find(tested.what), std::string::npos) << describe(*bad);
  }
}

TEST(ScheduleChecks, BatteryEquationAndCostAndEnergy) {
  const auto& home = run().private_files[0].prosumers[0];
  auto schedule = home.schedules[0];
  schedule.battery_start += 1e-6;
  EXPECT_EQ(check(home, schedule)->slot, 0U);
  schedule = home.schedules[0];
  schedule.cost += 1e-3;
  EXPECT_NE(check(home, schedule)->what.find("cost"), std::string::npos);
}

}  // namespace
}  // namespace gridtally::audit
