#include <gtest/gtest.h>

#include <csignal>

#include "cluster/stop_request.hpp"

namespace gridtally::cluster {
namespace {

using namespace std::chrono_literals;

TEST(WallTime, IsNeverUpWithoutAnEnd) {
  WallTime time(std::nullopt);
  time.note_block(Clock::time_point(1s));
  EXPECT_FALSE(time.is_up(Clock::time_point(1000000h), 0s));
}

TEST(WallTime, LeavesTwoSecondsWhereBlocksTakeNoTime) {
  WallTime time(Clock::time_point(100s));
  time.note_block(Clock::time_point(1s));
  EXPECT_FALSE(time.is_up(Clock::time_point(97s), 0s));
  EXPECT_TRUE(time.is_up(Clock::time_point(98s), 0s));
}

TEST(WallTime, LeavesTwiceTheLongestIteration) {
  WallTime time(Clock::time_point(100s));
  for (const auto at : {10s, 11s, 21s, 22s}) time.note_block(Clock::time_point(at));
  EXPECT_FALSE(time.is_up(Clock::time_point(77s), 0s));
  EXPECT_TRUE(time.is_up(Clock::time_point(78s), 0s));
}

TEST(WallTime, LeavesWhatWritingFilesTakes) {
  WallTime time(Clock::time_point(100s));
  time.note_block(Clock::time_point(1s));
  EXPECT_FALSE(time.is_up(Clock::time_point(57s), 40s));
  EXPECT_TRUE(time.is_up(Clock::time_point(58s), 40s));
}

TEST(StopRequest, IsDueWithTheNextBlock) {
  StopRequest request;
  EXPECT_FALSE(request.due(Clock::time_point(9s), 5));
  EXPECT_TRUE(request.ask("SIGTERM", Clock::time_point(10s), 5));
  EXPECT_FALSE(request.due(Clock::time_point(10499ms), 5));
  EXPECT_TRUE(request.due(Clock::time_point(10001ms), 6));
}

TEST(StopRequest, IsDueWithoutABlockThatDoesNotCome) {
  StopRequest request;
  request.ask("SIGTERM", Clock::time_point(10s), 5);
  EXPECT_TRUE(request.due(Clock::time_point(10500ms), 5));
}

TEST(StopRequest, FirstWordCounts) {
  StopRequest request;
  request.ask("--wall-time", Clock::time_point(10s), 5);
  EXPECT_FALSE(request.ask("SIGINT", Clock::time_point(11s), 5));
  EXPECT_EQ(request.reason(), "--wall-time");
  EXPECT_TRUE(request.due(Clock::time_point(10600ms), 5));
}

TEST(StopSignal, IsNamedAndEndsNothing) {
  heed_stop_signals();
  EXPECT_EQ(stop_signal(), "");
  std::raise(SIGUSR1);
  EXPECT_EQ(stop_signal(), "SIGUSR1");
  std::raise(SIGTERM);
  EXPECT_EQ(stop_signal(), "SIGTERM");
}

}  // namespace
}  // namespace gridtally::cluster
