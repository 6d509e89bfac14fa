#include "base/background.hpp"

#include <algorithm>
#include <utility>

#include "base/thread.hpp"

namespace gridtally {

Background::Background(std::size_t most_waiting) : most_waiting_(most_waiting) {
  const NoSignals inherited_by_the_thread;
  thread_ = std::thread([this] { run(); });
}

Background::~Background() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Background::throw_failure() const {
  if (failure_) std::rethrow_exception(failure_);
}

void Background::post(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return failure_ || waiting_.size() < most_waiting_; });
  throw_failure();
  waiting_.push_back(std::move(job));
  changed_.notify_all();
}

void Background::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return failure_ || (waiting_.empty() && !busy_); });
  throw_failure();
}

void Background::check() {
  const std::lock_guard lock(mutex_);
  throw_failure();
}

bool Background::is_idle() {
  const std::lock_guard lock(mutex_);
  throw_failure();
  return waiting_.empty() && !busy_;
}

bool Background::is_last() {
  const std::lock_guard lock(mutex_);
  return waiting_.empty();
}

double Background::processor_seconds() {
  const std::lock_guard lock(mutex_);
  return processor_seconds_;
}

std::chrono::steady_clock::duration Background::longest() {
  const std::lock_guard lock(mutex_);
  if (!busy_) return longest_;
  return std::max(longest_, std::chrono::steady_clock::now() - begun_);
}

void Background::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    auto job = std::move(waiting_.front());
    waiting_.pop_front();
    busy_ = true;
    begun_ = std::chrono::steady_clock::now();
    lock.unlock();
    std::exception_ptr failure;
    try {
      job();
      job = nullptr;
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    busy_ = false;
    processor_seconds_ = own_seconds();
    longest_ = std::max(longest_, std::chrono::steady_clock::now() - begun_);
    if (failure) {
      failure_ = failure;
      waiting_.clear();
    }
    changed_.notify_all();
    if (failure_) return;
  }
}

}  // namespace gridtally
