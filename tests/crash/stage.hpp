#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/test_folder.hpp"
#include "crash/shim/protocol.hpp"
#include "crash/trace.hpp"
#include "crash/tree.hpp"

namespace gridtally::crash {

/// What the shim does in a child: an action of GRIDTALLY_CRASH_ACTION at call `at`.
struct Plan {
  std::string action;  ///< empty: none
  std::uint64_t at = 0;
  bool traced = false;
};

/// How a child ended.
struct Ended {
  int signal = 0;  ///< that killed it; 0: it ended by itself
  int status = 0;
  std::string
      message;  ///< of the exception that ended it; status 4 for an Error or filesystem_error
  [[nodiscard]] bool killed() const;
  [[nodiscard]] bool done() const { return signal == 0 && status == 0; }
};

/// A folder in memory, where that is possible, in which children work under the shim; beside it,
/// out of the shim's sight, the board and the trace. Removed at the end.
class Stage {
 public:
  Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] Tree tree() const { return read_tree(folder_); }
  /// As the last child left it.
  [[nodiscard]] Board& board() const { return *board_; }
  [[nodiscard]] std::vector<Operation> trace() const;

  /// Makes the folder hold `tree`; nothing is counted or traced yet.
  void set(const Tree& tree);
  /// Runs `work` in a child under the shim. A child that takes longer than five minutes is killed.
  Ended run(const Plan& plan, const std::function<void()>& work);
  /// Runs `work` in this process, with nothing but a trace: many times faster than a child.
  Ended run_here(bool traced, const std::function<void()>& work);

 private:
  void start(const Plan& plan) const;
  int attempt(const std::function<void()>& work) const;
  void clear();

  TestFolder home_{Place::memory};
  std::filesystem::path folder_;
  Board* board_ = nullptr;
  char* message_ = nullptr;  ///< beside the board
};

}  // namespace gridtally::crash
