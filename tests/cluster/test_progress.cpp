#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cluster/progress.hpp"

namespace gridtally::cluster {
namespace {

constexpr double epsilon = 1e-6;
constexpr std::uint32_t days = 2;

// A run of two days: 25 iterations, then one settlement block, each.
std::string shown(bool is_terminal, Talk talk) {
  std::ostringstream out;
  Progress progress(out, is_terminal, talk, days, epsilon);
  ledger::ContractState state;
  for (std::uint32_t day = 0; day < days; ++day) {
    state.settled = false;
    state.converged = false;
    for (std::uint32_t k = 1; k <= 25; ++k) {
      state.turn = {state.turn.height + 1, day, ledger::Phase::trading, k};
      state.iterate.iteration = static_cast<int>(k);
      state.iterate.residual = k == 25 ? 5e-7 : 1.0 / k;
      state.converged = k == 25;
      progress.show(state);
    }
    state.turn = {state.turn.height + 1, day, ledger::Phase::settlement, 1};
    state.settled = true;
    state.answers = {{true, 40.25, 60.0, 40.0}, {true, 2.5, 3.0, 2.0}};
    progress.show(state);
  }
  progress.end_line();
  return out.str();
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Progress, ARunThatGoesOnSaysWhereItStands) {
  std::ostringstream out;
  Progress progress(out, false, Talk::normal, days, epsilon);
  ledger::ContractState state;
  state.turn = {12, 0, ledger::Phase::settlement, 1};
  state.settled = true;
  progress.take_up(state);
  state.turn = {13, 1, ledger::Phase::trading, 1};
  state.settled = false;
  progress.take_up(state);
  progress.show_resumption(state);
  EXPECT_EQ(out.str(), "goes on after height 13, 1 of 2 days settled\n");
}

TEST(Progress, LogHasOneLineADay) {
  const std::string text = shown(false, Talk::normal);
  EXPECT_EQ(lines(text), days) << text;
  EXPECT_TRUE(
      text.starts_with("day 0 (1 of 2): converged in 25 iterations, residual 5.0e-7 kWh, cost "
                       "42.75 cents (alone 63.00), certified to 1.8e-2, "))
      << text;
  EXPECT_TRUE(has(text, "\nday 1 (2 of 2): converged in 25")) << text;
  EXPECT_FALSE(has(text, "\r")) << "a log has no carriage returns";
}

TEST(Progress, TerminalEndsWithOneLineADay) {
  const std::string text = shown(true, Talk::normal);
  EXPECT_EQ(lines(text), days) << text;
  EXPECT_TRUE(has(text, "day 1 (2 of 2): converged in 25 iterations")) << text;
}

// Two validators on the first two ranks, five meters on the other two: 0, 1, 2 and 3, 4.
TEST(Progress, MetersAreNamedWithTheirHosts) {
  const Layout layout(4, 5, 2, 2);
  const std::vector<std::string> apart{"pi1", "pi2", "pi1", "pi2"};
  EXPECT_EQ(meters_in_words({1}, layout, apart), "1 on pi1");
  EXPECT_EQ(meters_in_words({0, 2, 3, 4}, layout, apart), "0, 2 on pi1; 3, 4 on pi2");
  EXPECT_EQ(meters_in_words({}, layout, apart), "");
}

TEST(Progress, OnOneHostMetersAreNumbersAlone) {
  const Layout layout(4, 5, 2, 2);
  EXPECT_EQ(meters_in_words({0, 3}, layout, {"pi1", "pi1", "pi1", "pi1"}), "0, 3");
}

TEST(Progress, QuietShowsNothing) {
  EXPECT_EQ(shown(false, Talk::quiet), "");
  EXPECT_EQ(shown(true, Talk::quiet), "");
}

TEST(Progress, VerboseAddsEveryTenthIterationAndTheLast) {
  const std::string text = shown(false, Talk::verbose);
  EXPECT_EQ(lines(text), days * 4) << text;  // iterations 10, 20, 25 and the day
  EXPECT_TRUE(has(text, "day 0 (1 of 2): iteration 10, residual 1.0e-1 kWh, ")) << text;
  EXPECT_TRUE(has(text, "day 1 (2 of 2): iteration 20, residual 5.0e-2 kWh, ")) << text;
  EXPECT_FALSE(has(text, "iteration 11,")) << text;
}

TEST(Progress, TimeLeftIsShownFromTheFirstDayOn) {
  const std::string text = shown(false, Talk::verbose);
  const auto second_day = text.find("day 1 (2 of 2)");
  ASSERT_NE(second_day, std::string::npos);
  EXPECT_TRUE(has(text.substr(0, second_day), " left"));
  EXPECT_TRUE(has(text.substr(second_day), " left"));
}

}  // namespace
}  // namespace gridtally::cluster
