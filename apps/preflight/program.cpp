#include "preflight/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "base/error.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program

namespace gridtally::preflight {

namespace {

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw IoError(std::string("no pipe to a program: ") + std::strerror(errno));
    }
  }
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_writing() {
    ::close(ends[1]);
    ends[1] = -1;
  }
};

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Sends a child its one signal when it is time.
class Alarm {
 public:
  Alarm(const Stop* stop, pid_t child) : stop_(stop), child_(child) {}
  [[nodiscard]] int patience() const { return stop_ != nullptr && !rang_ ? 100 : -1; }  // [ms]
  void look() {
    if (stop_ == nullptr || rang_) return;
    if (!begun_ && stop_->begun()) {
      begun_ = true;
      since_ = Clock::now();
    }
    if (!begun_ || seconds_since(since_) < stop_->seconds) return;
    ::kill(child_, SIGUSR1);
    rang_ = true;
  }

 private:
  const Stop* stop_;
  pid_t child_;
  bool begun_ = false;
  Clock::time_point since_;
  bool rang_ = false;
};

/// Both to their ends, whichever has something.
void read_all(const Pipe& out, const Pipe& errors, Alarm& alarm, Ended& ended) {
  std::array<pollfd, 2> open{pollfd{out.ends[0], POLLIN, 0}, pollfd{errors.ends[0], POLLIN, 0}};
  std::array<std::string*, 2> texts{&ended.out, &ended.errors};
  std::array<char, 4096> piece{};
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    if (::poll(open.data(), open.size(), alarm.patience()) < 0 && errno != EINTR) return;
    alarm.look();
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (open[i].fd < 0 || open[i].revents == 0) continue;
      const auto size = ::read(open[i].fd, piece.data(), piece.size());
      if (size > 0) texts[i]->append(piece.data(), static_cast<std::size_t>(size));
      if (size == 0 || (size < 0 && errno != EINTR)) open[i].fd = -1;
    }
  }
}

}  // namespace

Ended run(const std::vector<std::string>& command, const Stop* stop) {
  const auto start = Clock::now();
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  Pipe out;
  Pipe errors;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.ends[1], STDERR_FILENO);
  pid_t child = -1;
  const int failed = ::posix_spawnp(&child, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  Ended ended;
  if (failed != 0) return {127, "", command[0] + ": " + std::strerror(failed) + "\n", 0, 0.0};
  out.close_writing();
  errors.close_writing();
  Alarm alarm(stop, child);
  read_all(out, errors, alarm, ended);
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended.seconds = seconds_since(start);
  ended.peak_memory = static_cast<std::uint64_t>(usage.ru_maxrss) << 10U;
  return ended;
}

std::filesystem::path own_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace gridtally::preflight
