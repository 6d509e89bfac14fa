#include "audit/bytes/trials.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <new>
#include <stdexcept>
#include <thread>

#include "audit/bytes/sample.hpp"
#include "base/test_folder.hpp"

namespace gridtally::audit::testing {

namespace {

constexpr unsigned seconds_until_hung = 60;

/// Memory that the children share with whoever began them.
template <class Type>
class SharedArray {
 public:
  explicit SharedArray(std::size_t size) : bytes_(size * sizeof(Type)) {
    void* memory =
        ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("mmap");
    data_ = new (memory) Type[size]();
  }
  ~SharedArray() { ::munmap(data_, bytes_); }
  SharedArray(const SharedArray&) = delete;
  SharedArray& operator=(const SharedArray&) = delete;
  Type& operator[](std::size_t i) { return data_[i]; }

 private:
  std::size_t bytes_;
  Type* data_;
};

/// Only each so many are tried, where GRIDTALLY_BYTES_EVERY says so: for a quick look.
std::size_t step() {
  const char* every = std::getenv("GRIDTALLY_BYTES_EVERY");
  return every == nullptr ? 1 : std::max(1UL, std::strtoul(every, nullptr, 10));
}

struct Board {
  Board(std::size_t trials, std::size_t children)
      : count(trials), outcomes(trials + 1), next(1), at(children) {}
  std::size_t count;
  SharedArray<Outcome> outcomes;
  SharedArray<std::atomic<std::size_t>> next;
  SharedArray<std::atomic<std::size_t>> at;  ///< by child: its present trial
  TestFolder folder{Place::memory};
};

[[noreturn]] void work(Board& board, std::size_t child, const Begin& begin) {
  try {
    const auto trial = begin(board.folder.path() / std::to_string(child));
    while (true) {
      const auto i = board.next[0].fetch_add(step());
      if (i >= board.count) break;
      board.at[child] = i;
      ::alarm(seconds_until_hung);
      try {
        board.outcomes[i] = trial(i);
      } catch (const std::exception& error) {
        std::cerr << "trial " << i << ": " << error.what() << '\n';
        board.outcomes[i] = Outcome::failed;
      }
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    ::_exit(1);
  }
  ::_exit(0);  // the parent's objects are the parent's to destroy
}

pid_t begin_child(Board& board, std::size_t child, const Begin& begin) {
  const auto pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork");
  if (pid == 0) work(board, child, begin);
  return pid;
}

}  // namespace

std::string name(Outcome outcome) {
  static const std::map<Outcome, std::string> names{
      {Outcome::not_tried, "not tried"},
      {Outcome::checksum, "found by a checksum"},
      {Outcome::reading, "found in reading"},
      {Outcome::audit, "found by the audit"},
      {Outcome::cut, "told as cut off"},
      {Outcome::same, "content equal"},
      {Outcome::unsigned_, "content under no signature"},
      {Outcome::misplaced, "found elsewhere"},
      {Outcome::unnoticed, "unnoticed"},
      {Outcome::crashed, "crashed"},
      {Outcome::hung, "hung"},
      {Outcome::failed, "trial failed"}};
  return names.at(outcome);
}

std::vector<std::size_t> Trials::with(Outcome outcome) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i] == outcome) found.push_back(tried[i]);
  }
  return found;
}

Trials make_trials(std::size_t count, const Begin& begin) {
  const std::size_t children = std::max(1U, std::thread::hardware_concurrency());
  Board board(count, children);
  std::map<pid_t, std::size_t> running;
  for (std::size_t child = 0; child < children; ++child) {
    running[begin_child(board, child, begin)] = child;
  }
  Trials trials;
  while (!running.empty()) {
    int status = 0;
    rusage use{};
    const auto pid = ::wait4(running.begin()->first, &status, 0, &use);
    const auto child = running.at(pid);
    running.erase(pid);
    trials.most_kilobytes = std::max(trials.most_kilobytes, use.ru_maxrss);
    if (!WIFSIGNALED(status)) continue;
    board.outcomes[board.at[child]] =
        WTERMSIG(status) == SIGALRM ? Outcome::hung : Outcome::crashed;
    running[begin_child(board, child, begin)] = child;
  }
  for (std::size_t i = 0; i < count; i += step()) {
    trials.tried.push_back(i);
    trials.outcomes.push_back(board.outcomes[i]);
  }
  return trials;
}

}  // namespace gridtally::audit::testing
