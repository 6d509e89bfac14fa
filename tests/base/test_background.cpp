#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <vector>

#include "base/background.hpp"
#include "base/error.hpp"

namespace gridtally {
namespace {

using namespace std::chrono_literals;

TEST(Background, DoesJobsInOrder) {
  std::vector<int> done;
  Background background(2);
  for (int i = 0; i < 100; ++i) background.post([&done, i] { done.push_back(i); });
  background.wait();
  ASSERT_EQ(done.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
}

TEST(Background, CallerGoesOnWhileAJobIsUnderWay) {
  std::atomic<bool> go_on{false};
  std::atomic<bool> done{false};
  Background background(2);
  background.post([&] {
    while (!go_on) std::this_thread::sleep_for(1ms);
    done = true;
  });
  EXPECT_FALSE(done);
  go_on = true;
  background.wait();
  EXPECT_TRUE(done);
}

TEST(Background, LongestJobCountsAlsoWhileItIsUnderWay) {
  std::atomic<bool> go_on{false};
  Background background(2);
  EXPECT_EQ(background.longest(), 0s);
  background.post([&] {
    while (!go_on) std::this_thread::sleep_for(1ms);
  });
  while (background.longest() < 20ms) std::this_thread::sleep_for(1ms);
  go_on = true;
  background.wait();
  background.post([] {});
  background.wait();
  EXPECT_GE(background.longest(), 20ms);
}

TEST(Background, ErrorEndsTheWorkAndComesOutOfEveryLaterCall) {
  std::atomic<int> done{0};
  std::atomic<bool> go_on{false};
  Background background(8);
  background.post([&] {
    while (!go_on) std::this_thread::sleep_for(1ms);
    throw IoError("disk full");
  });
  background.post([&] { ++done; });
  go_on = true;
  EXPECT_THROW(background.wait(), IoError);
  EXPECT_THROW(background.check(), IoError);
  EXPECT_THROW(background.post([&] { ++done; }), IoError);
  EXPECT_THROW(background.wait(), IoError);
  EXPECT_EQ(done, 0);
}

TEST(Background, JobKnowsWhetherAnotherWaits) {
  std::atomic<bool> go_on{false};
  std::vector<bool> last;
  Background background(8);
  background.post([&] {
    while (!go_on) std::this_thread::sleep_for(1ms);
  });
  for (int i = 0; i < 3; ++i) background.post([&] { last.push_back(background.is_last()); });
  go_on = true;
  background.wait();
  EXPECT_EQ(last, (std::vector<bool>{false, false, true}));
}

TEST(Background, IsIdleOnceEveryJobIsDone) {
  Background background(4);
  std::atomic<bool> go_on = false;
  EXPECT_TRUE(background.is_idle());
  background.post([&] {
    while (!go_on) std::this_thread::sleep_for(1ms);
  });
  EXPECT_FALSE(background.is_idle());
  go_on = true;
  background.wait();
  EXPECT_TRUE(background.is_idle());
}

TEST(Background, EndingDropsWhatWaits) {
  std::atomic<int> done{0};
  std::atomic<bool> begun{false};
  std::atomic<bool> dropped{false};
  {
    Background background(8);
    background.post([&] {
      begun = true;
      while (!dropped) std::this_thread::sleep_for(1ms);
      ++done;
    });
    const auto drop = [&](void*) { dropped = true; };
    background.post([&, owned = std::shared_ptr<void>(&done, drop)] { done += 100; });
    while (!begun) std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(done, 1);
}

TEST(Background, ThreadTakesNoSignals) {
  Background background(1);
  bool blocked = false;
  background.post([&] {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked = sigismember(&mask, SIGTERM) == 1;
  });
  background.wait();
  EXPECT_TRUE(blocked);
  sigset_t own;
  pthread_sigmask(SIG_SETMASK, nullptr, &own);
  EXPECT_EQ(sigismember(&own, SIGTERM), 0);
}

}  // namespace
}  // namespace gridtally
