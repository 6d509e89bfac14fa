#include "crash/shim/recorder.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace gridtally::crash {

namespace {
enum class Action : std::uint8_t { none, kill, fail, shorten, full };

struct Plan {
  std::array<char, PATH_MAX> folder{};  ///< empty: nothing counts
  Action action = Action::none;
  int error = 0;
  std::uint64_t at = 0;
  Board* board = nullptr;
  int trace = -1;
};

// The shim has no owner to hold its state: it is loaded into somebody else's program, which may
// write before and after every constructor and destructor.
constinit Plan plan;
constinit std::mutex order;

[[noreturn]] void refuse(const std::string& what) {
  std::fprintf(stderr, "crash shim: %s\n", what.c_str());
  std::abort();
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int raw_open(const std::string& path, int flags) {
  const long descriptor = ::syscall(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CLOEXEC, 0600);
  if (descriptor < 0) refuse("open '" + path + "': " + std::strerror(errno));
  return static_cast<int>(descriptor);
}

Board* map_board(const std::string& path) {
  const int descriptor = raw_open(path, O_RDWR);
  void* const at =
      ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (at == MAP_FAILED) refuse("mmap '" + path + "': " + std::strerror(errno));
  ::syscall(SYS_close, descriptor);
  return static_cast<Board*>(at);
}

void read_action(const std::string& name) {
  plan.error = 0;
  if (name.empty()) {
    plan.action = Action::none;
  } else if (name == "kill") {
    plan.action = Action::kill;
  } else if (name == "short") {
    plan.action = Action::shorten;
  } else if (name == "full") {
    plan.action = Action::full;
    plan.error = ENOSPC;
  } else if (name == "ENOSPC" || name == "EIO" || name == "EINTR") {
    plan.action = Action::fail;
    plan.error = name == "ENOSPC" ? ENOSPC : name == "EIO" ? EIO : EINTR;
  } else {
    refuse("unknown action '" + name + "': kill, short, full, ENOSPC, EIO or EINTR");
  }
}

bool counts(std::string_view path) {
  const std::string_view folder = plan.folder.data();
  return !folder.empty() && path.starts_with(folder) &&
         (path.size() == folder.size() || path[folder.size()] == '/');
}

/// What a full disk cannot do any more, besides making a file; everything else still works.
bool takes_space(Call call) {
  return call == Call::write || call == Call::make_folder || call == Call::link;
}

Verdict decide(Call call, bool needs_space) {
  Verdict verdict;
  verdict.counts = true;
  const auto number = plan.board == nullptr ? 0 : ++plan.board->calls;
  const bool hit = plan.action == Action::full ? number >= plan.at && needs_space
                                               : plan.action != Action::none && number == plan.at;
  if (!hit || (plan.action == Action::shorten && call != Call::write)) return verdict;
  ++plan.board->fired;
  if (plan.action == Action::kill) {
    ::kill(::getpid(), SIGKILL);
    while (true) ::pause();
  }
  verdict.shorten = plan.action == Action::shorten;
  verdict.error = plan.error;
  return verdict;
}

iovec piece(const void* data, std::size_t size) { return {const_cast<void*>(data), size}; }

/// Appends in one call, as processes share the file. `data` is cut to `head.data_size` bytes.
void write_record(const TraceHead& head, std::string_view path, std::string_view second,
                  std::span<const iovec> data) {
  std::vector<iovec> parts{piece(&head, sizeof(head)), piece(path.data(), path.size()),
                           piece(second.data(), second.size())};
  std::size_t left = head.data_size;
  for (const auto& part : data) {
    const auto size = part.iov_len < left ? part.iov_len : left;
    parts.push_back(piece(part.iov_base, size));
    left -= size;
  }
  if (::syscall(SYS_writev, plan.trace, parts.data(), parts.size()) < 0) {
    refuse(std::string("write of the trace: ") + std::strerror(errno));
  }
}

void start() {
  const std::lock_guard<std::mutex> lock(order);
  const auto folder = variable(folder_variable);
  const auto rank = variable(rank_variable);
  const bool any = rank.empty() || rank == variable("OMPI_COMM_WORLD_RANK");
  if (folder.size() >= plan.folder.size()) refuse("'" + folder + "' is too long");
  plan.folder.fill('\0');
  if (any) folder.copy(plan.folder.data(), folder.size());
  read_action(variable(action_variable));
  plan.at = std::strtoull(variable(at_variable).c_str(), nullptr, 10);
  const auto board = variable(board_variable);
  if (plan.board != nullptr) ::munmap(plan.board, sizeof(Board));
  plan.board = folder.empty() || board.empty() ? nullptr : map_board(board);
  if (plan.action != Action::none && plan.board == nullptr) {
    refuse(std::string("an action needs a board; set ") + board_variable);
  }
  const auto trace = variable(trace_variable);
  if (plan.trace >= 0) ::syscall(SYS_close, plan.trace);
  plan.trace = trace.empty() ? -1 : raw_open(trace, O_WRONLY | O_CREAT | O_APPEND);
}

[[gnu::constructor]] void start_when_loaded() {
  if (std::getenv(folder_variable) != nullptr) start();
}
}  // namespace

std::string path_of(int descriptor) {
  std::array<char, PATH_MAX> target{};
  const auto link = "/proc/self/fd/" + std::to_string(descriptor);
  const auto size = ::readlink(link.c_str(), target.data(), target.size());
  const std::string_view path(target.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
  return counts(path) ? std::string(path) : std::string();
}

std::string path_of(int folder, const char* name) {
  if (name == nullptr) return "";
  if (name[0] == '/') return name;
  if (folder != AT_FDCWD) {
    const auto above = path_of(folder);
    return above.empty() ? "" : above + "/" + name;
  }
  std::array<char, PATH_MAX> here{};
  if (::getcwd(here.data(), here.size()) == nullptr) return "";
  return std::string(here.data()) + "/" + name;
}

CountedCall::CountedCall(Call call, std::string path)
    : CountedCall(call, std::move(path), takes_space(call)) {}

CountedCall::CountedCall(Call call, std::string path, bool needs_space)
    : call_(call), path_(std::move(path)), lock_(order, std::defer_lock) {
  if (!crash::counts(path_)) return;
  lock_.lock();
  verdict_ = decide(call, needs_space);
}

long CountedCall::done(long result, int descriptor, int flags, long offset,
                       const std::string& second_path, std::span<const iovec> data) {
  if (!verdict_.counts) return result;
  if (fails()) errno = verdict_.error;
  const int error = errno;
  const long told = fails() ? -1 : result;
  if (plan.trace >= 0) {
    const auto size = [](std::size_t bytes) { return static_cast<std::uint32_t>(bytes); };
    const bool wrote = call_ == Call::write && told > 0;
    write_record({call_, ::getpid(), descriptor, flags, offset, told, told < 0 ? error : 0,
                  size(path_.size()), size(second_path.size()),
                  wrote ? static_cast<std::uint32_t>(told) : 0U},
                 path_, second_path, data);
  }
  errno = error;
  return told;
}

}  // namespace gridtally::crash

void crash_start() { gridtally::crash::start(); }

void crash_note(const char* text) {
  using gridtally::crash::Call;
  const std::lock_guard<std::mutex> lock(gridtally::crash::order);
  if (gridtally::crash::plan.trace < 0) return;
  gridtally::crash::write_record(
      {Call::note, ::getpid(), -1, 0, 0, 0, 0, static_cast<std::uint32_t>(std::strlen(text)), 0, 0},
      text, {}, {});
}
