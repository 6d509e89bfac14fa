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
constexpr std::size_t numbers_of_part = std::size_t{1} << 15;  // to be worth waking a helper
}  // namespace

struct Crew::Work {
  std::size_t count;
  const std::function<void(std::size_t)>& piece;
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure{};
};

/// Gives the crew free at last.
class Crew::Busy {
 public:
  explicit Busy(std::atomic_flag& flag) : flag_(flag) {}
  ~Busy() { flag_.clear(); }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  std::atomic_flag& flag_;
};

Crew::~Crew() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  wanted_.notify_all();
  for (auto& helper : helpers_) helper.join();
}

void Crew::share(std::size_t count, const std::function<void(std::size_t)>& piece) {
  if (count < 2 || most_ == 0 || busy_.test_and_set()) {
    for (std::size_t i = 0; i < count; ++i) piece(i);
    return;
  }
  const Busy until_the_end(busy_);
  Work work{count, piece};
  {
    const std::lock_guard lock(mutex_);
    start();
    work_ = &work;
    ++works_;
  }
  wanted_.notify_all();
  do_pieces(work);
  {
    std::unique_lock lock(mutex_);
    work_ = nullptr;  // who wakes late has missed it
    done_.wait(lock, [&] { return at_work_ == 0; });
  }
  if (work.failure) std::rethrow_exception(work.failure);
}

void Crew::do_pieces(Work& work) {
  try {
    for (auto i = work.next++; i < work.count; i = work.next++) work.piece(i);
  } catch (...) {
    work.next = work.count;
    const std::lock_guard lock(mutex_);
    if (!work.failure) work.failure = std::current_exception();
  }
}

void Crew::start() {
  const NoSignals inherited_by_the_threads;
  try {
    while (helpers_.size() < most_) helpers_.emplace_back([this] { help(); });
  } catch (const std::system_error&) {
    most_ = static_cast<unsigned>(helpers_.size());
  }
}

void Crew::help() {
  std::uint64_t seen = 0;
  double counted = 0.0;
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [&] { return over_ || (work_ != nullptr && works_ != seen); });
    if (over_) return;
    seen = works_;
    ++at_work_;
    Work& work = *work_;
    lock.unlock();
    do_pieces(work);
    const double taken = own_seconds();
    lock.lock();
    processor_seconds_ += taken - counted;
    counted = taken;
    if (--at_work_ == 0) done_.notify_one();
  }
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
