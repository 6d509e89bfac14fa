#include "crash/stage.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::crash {

namespace {
constexpr std::size_t board_bytes = 8192;
constexpr std::size_t message_bytes = board_bytes - sizeof(Board);
constexpr unsigned longest_child = 300;  // [s]: what hangs, not what waits for a busy machine
constexpr int unexpected = 99;           // status of a child that ended by no error of the product

void* map_board(const std::filesystem::path& path) {
  {
    auto file = File::create(path, 0600);
    file.write(Bytes(board_bytes));
  }
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  void* const at = ::mmap(nullptr, board_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (at == MAP_FAILED) throw IoError("mmap '" + path.string() + "': " + std::strerror(errno));
  return at;
}
}  // namespace

bool Ended::killed() const { return signal == SIGKILL; }

Stage::Stage() : folder_(home_ / "run") {
  std::filesystem::create_directory(folder_);
  auto* const at = map_board(home_ / "board");
  board_ = static_cast<Board*>(at);
  message_ = static_cast<char*>(at) + sizeof(Board);
}

Stage::~Stage() { ::munmap(board_, board_bytes); }

std::vector<Operation> Stage::trace() const { return read_trace(home_ / "trace"); }

void Stage::set(const Tree& tree) {
  std::filesystem::remove_all(folder_);
  write_tree(folder_, tree);
}

void Stage::clear() {
  std::memset(static_cast<void*>(board_), 0, board_bytes);
  std::filesystem::remove(home_ / "trace");
}

Ended Stage::run(const Plan& plan, const std::function<void()>& work) {
  clear();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw IoError(std::string("fork: ") + std::strerror(errno));
  if (child == 0) {
    ::alarm(longest_child);
    start(plan);
    std::exit(attempt(work));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) return {WTERMSIG(status), 0, ""};
  return {0, WEXITSTATUS(status), message_};
}

Ended Stage::run_here(bool traced, const std::function<void()>& work) {
  clear();
  start({"", 0, traced});
  const int status = attempt(work);
  for (const auto* name : {folder_variable, board_variable, trace_variable}) ::unsetenv(name);
  crash_start();
  return {0, status, message_};
}

void Stage::start(const Plan& plan) const {
  ::setenv(folder_variable, folder_.c_str(), 1);
  ::setenv(board_variable, (home_ / "board").c_str(), 1);
  ::setenv(action_variable, plan.action.c_str(), 1);
  ::setenv(at_variable, std::to_string(plan.at).c_str(), 1);
  ::setenv(trace_variable, plan.traced ? (home_ / "trace").c_str() : "", 1);
  crash_start();
}

int Stage::attempt(const std::function<void()>& work) const {
  try {
    work();
    return 0;
  } catch (const Error& error) {
    std::strncpy(message_, error.what(), message_bytes - 1);
    return static_cast<int>(ExitStatus::failure);
  } catch (const std::filesystem::filesystem_error& error) {
    std::strncpy(message_, error.what(), message_bytes - 1);
    return static_cast<int>(ExitStatus::failure);
  } catch (const std::exception& error) {
    std::strncpy(message_, error.what(), message_bytes - 1);
    return unexpected;
  }
}

}  // namespace gridtally::crash
