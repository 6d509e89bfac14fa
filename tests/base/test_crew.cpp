#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/crew.hpp"

namespace gridtally {
namespace {

TEST(Crew, CallsEachPieceOnce) {
  for (const unsigned helpers : {0U, 1U, 3U}) {
    for (const std::size_t count : {0U, 1U, 2U, 100U}) {
      std::vector<std::atomic<int>> calls(count);
      Crew(helpers).share(count, [&](std::size_t i) { ++calls.at(i); });
      for (const auto& each : calls) EXPECT_EQ(each, 1);
    }
  }
}

TEST(Crew, ThrowsWhatAPieceThrew) {
  for (const unsigned helpers : {0U, 3U}) {
    Crew crew(helpers);
    std::atomic<int> calls{0};
    const auto piece = [&](std::size_t i) {
      ++calls;
      if (i == 7) throw std::runtime_error("seven");
    };
    EXPECT_THROW(crew.share(1000, piece), std::runtime_error);
    EXPECT_LE(calls, 1000);
    crew.share(5, piece);  // and is of use afterwards
  }
}

TEST(Crew, CountsTheTimeOfHelpersAlone) {
  const auto work = [](std::size_t) {
    volatile double sum = 0.0;
    for (int i = 0; i < 100'000; ++i) sum = sum + i;
  };
  Crew alone(0);
  alone.share(20, work);
  EXPECT_EQ(alone.processor_seconds(), 0.0);
  Crew two(1);
  std::atomic<int> there{0};
  two.share(2, [&](std::size_t i) {  // each waits for the other: both threads take one
    ++there;
    while (there < 2) work(i);
  });
  EXPECT_GT(two.processor_seconds(), 0.0);
}

TEST(Crew, HelpersTakeNoSignalsAndTheCallerDoes) {
  Crew crew(1);
  std::atomic<int> there{0};
  std::atomic<int> of_helper{-1};
  std::atomic<int> of_caller{-1};
  const auto caller = std::this_thread::get_id();
  crew.share(2, [&](std::size_t) {  // each waits for the other: both threads take one
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    (std::this_thread::get_id() == caller ? of_caller : of_helper) = sigismember(&mask, SIGUSR1);
    ++there;
    while (there < 2) std::this_thread::yield();
  });
  EXPECT_EQ(of_helper, 1);
  EXPECT_EQ(of_caller, 0);
}

TEST(Crew, APieceThatSharesDoesItsPartsAlone) {
  Crew crew(2);
  std::vector<std::atomic<int>> calls(40);
  crew.share(4, [&](std::size_t i) {
    const auto caller = std::this_thread::get_id();
    crew.share(10, [&](std::size_t j) {
      EXPECT_EQ(std::this_thread::get_id(), caller);
      ++calls.at(10 * i + j);
    });
  });
  for (const auto& each : calls) EXPECT_EQ(each, 1);
}

TEST(Crew, IsOfUseAgainAndAgain) {
  Crew crew(3);
  std::atomic<std::size_t> sum{0};
  for (std::size_t time = 0; time < 2000; ++time) {
    std::atomic<std::size_t> here{0};  // gone afterwards: nobody may come late
    crew.share(time % 5, [&](std::size_t i) { here += i + 1; });
    sum += here;
  }
  EXPECT_EQ(sum, 400U * (0 + 1 + 3 + 6 + 10));
}

/// How often share_rows computed each row, and in how many calls.
struct Shared {
  std::vector<std::atomic<int>> rows;
  std::atomic<int> calls{0};
};

void share_into(Shared& shared, std::size_t numbers) {
  share_rows(shared.rows.size(), numbers, [&](std::size_t first, std::size_t last) {
    EXPECT_LE(first, last);
    for (auto i = first; i < last; ++i) ++shared.rows.at(i);
    ++shared.calls;
  });
}

TEST(ShareRows, ComputesEachRowOnceInOneCallWithoutACrew) {
  for (const std::size_t rows : {0U, 1U, 1000U}) {
    Shared shared{std::vector<std::atomic<int>>(rows)};
    share_into(shared, 1'000'000);
    EXPECT_EQ(shared.calls, 1);
    for (const auto& each : shared.rows) EXPECT_EQ(each, 1);
  }
}

TEST(ShareRows, PartsAreWorthWakingAHelper) {
  Crew crew(2);
  const LentCrew lent(crew);
  for (const std::size_t rows : {0U, 1U, 7U, 1000U}) {
    for (const std::size_t numbers : {0U, 1U, 100U, 1'000'000U}) {
      Shared shared{std::vector<std::atomic<int>>(rows)};
      share_into(shared, numbers);
      for (const auto& each : shared.rows) EXPECT_EQ(each, 1);
      const bool little = rows * numbers <= 7000;
      const bool much = rows == 1000 && numbers == 1'000'000;
      EXPECT_TRUE(shared.calls == 1 || !little) << rows << " " << numbers;
      EXPECT_TRUE(shared.calls == 12 || !much) << shared.calls;
    }
  }
}

TEST(ShareRows, CrewIsLentToOneThreadAndGivenBack) {
  Crew crew(1);
  const auto calls = [] {
    Shared shared{std::vector<std::atomic<int>>(1000)};
    share_into(shared, 1'000'000);
    return shared.calls.load();
  };
  {
    const LentCrew lent(crew);
    EXPECT_EQ(calls(), 8);
    int elsewhere = 0;
    std::thread([&] { elsewhere = calls(); }).join();
    EXPECT_EQ(elsewhere, 1);
    Crew none(0);
    const LentCrew instead(none);
    EXPECT_EQ(calls(), 1);
  }
  EXPECT_EQ(calls(), 1);
}

}  // namespace
}  // namespace gridtally
