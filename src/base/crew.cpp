#include "base/crew.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include "base/process.hpp"
#include "base/thread.hpp"

namespace gridtally {

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

unsigned helpers_here(unsigned most) { return std::min(most, processors() - 1); }

}  // namespace gridtally
