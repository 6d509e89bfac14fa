#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "consensus/simulator.hpp"

namespace gridtally::consensus {
namespace {

/// GRIDTALLY_SCHEDULES: how many; GRIDTALLY_FIRST_SCHEDULE: from which on.
std::uint32_t setting(const char* variable, std::uint32_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : static_cast<std::uint32_t>(std::atoi(text));
}

TEST(Simulation, NoScheduleBreaksAPromise) {
  const std::uint32_t schedules = setting("GRIDTALLY_SCHEDULES", 500);
  const std::uint32_t first = setting("GRIDTALLY_FIRST_SCHEDULE", 0);
  Tally total{};
  int violations = 0;
  for (std::uint32_t seed = first; seed < first + schedules && violations < 5; ++seed) {
    const Report report = simulate(seed);
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += report.tally[i];
    EXPECT_TRUE(report.violation.empty()) << "seed " << seed << ": " << report.violation;
    violations += report.violation.empty() ? 0 : 1;
  }
  for (std::size_t i = 0; i < total.size(); ++i) {
    const auto incident = static_cast<Incident>(i);
    std::cout << total[i] << '\t' << name(incident) << '\n';
    if (schedules >= 500) {
      EXPECT_GT(total[i], 0U) << name(incident);
    }
  }
}

TEST(Simulation, MoreThanToleratedSilentHaltsByName) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const Report report = simulate_halt(seed);
    EXPECT_TRUE(report.violation.empty()) << "seed " << seed << ": " << report.violation;
    EXPECT_EQ(report.tally[static_cast<std::size_t>(Incident::commit_in_round_0)], 0U);
  }
}

}  // namespace
}  // namespace gridtally::consensus
