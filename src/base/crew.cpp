#include "base/crew.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/process.hpp"
#include "base/thread.hpp"

namespace gridtally {

namespace {
thread_local Crew* lent = nullptr;
constexpr std::size_t parts_each = 4;                          // so that who is slow takes fewer
constexpr std::size_t numbers_of_part = std::size_t{1} << 15;  // to be worth a thread's start
}  // namespace

void Crew::share(std::size_t count, const std::function<void(std::size_t)>& piece) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (auto i = next++; i < count; i = next++) piece(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex_);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> helpers;
    const auto help = [&] {
      work();
      const std::lock_guard lock(mutex_);
      processor_seconds_ += own_seconds();
    };
    try {
      const NoSignals inherited_by_the_threads;
      for (std::size_t i = 1; i < std::min<std::size_t>(count, helpers_ + 1U); ++i) {
        helpers.emplace_back(help);
      }
    } catch (const std::system_error&) {
    }
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

double Crew::processor_seconds() const {
  const std::lock_guard lock(mutex_);
  return processor_seconds_;
}

LentCrew::LentCrew(Crew& crew) : before_(std::exchange(lent, &crew)) {}
LentCrew::~LentCrew() { lent = before_; }

void share_rows(std::size_t rows, std::size_t numbers,
                const std::function<void(std::size_t first, std::size_t last)>& piece) {
  const std::size_t most = lent == nullptr ? 1 : parts_each * (lent->helpers() + std::size_t{1});
  const std::size_t parts = std::min(most, rows * numbers / numbers_of_part);
  if (lent == nullptr || lent->helpers() == 0 || parts < 2) return piece(0, rows);
  lent->share(parts, [&](std::size_t i) { piece(rows * i / parts, rows * (i + 1) / parts); });
}

unsigned helpers_here(unsigned most) { return std::min(most, processors() - 1); }

}  // namespace gridtally
