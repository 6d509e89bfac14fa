#pragma once

#include <atomic>
#include <cstdint>

/// What a test and the shim inside the program under test agree on (README.md).
namespace gridtally::crash {

/// What a call does to a file or folder. Read-only opens count too.
enum class Call : std::uint32_t {
  open = 1,
  write,
  sync,      ///< fsync and fdatasync
  truncate,  ///< ftruncate and truncate
  close,     ///< of what was opened for writing
  rename,
  unlink,
  make_folder,
  remove_folder,
  link,
  lock,
  change_mode,
  note,  ///< not a call: what the program under test said by crash_note
};

/// Environment variables that the shim reads when it is loaded, or when crash_start is called.
inline constexpr const char* folder_variable = "GRIDTALLY_CRASH_FOLDER";  ///< absolute; what counts
inline constexpr const char* board_variable = "GRIDTALLY_CRASH_BOARD";    ///< file of a Board
inline constexpr const char* trace_variable = "GRIDTALLY_CRASH_TRACE";    ///< file to append to
inline constexpr const char* action_variable = "GRIDTALLY_CRASH_ACTION";
inline constexpr const char* at_variable = "GRIDTALLY_CRASH_AT";      ///< which call, from 1
inline constexpr const char* rank_variable = "GRIDTALLY_CRASH_RANK";  ///< the only rank that counts

/// Shared by all processes of a run; outlives them.
struct Board {
  std::atomic<std::uint64_t> calls;         ///< counted so far
  std::atomic<std::uint64_t> fired;         ///< calls that the action changed
  std::atomic<std::uint64_t> acknowledged;  ///< blocks; for the program under test
  std::atomic<std::uint64_t> evidence;      ///< pieces acknowledged; as above
  std::atomic<std::uint64_t> blocks_read;   ///< as above
  std::atomic<std::uint64_t> evidence_read;
  std::atomic<std::uint64_t> private_days;  ///< acknowledged, and 1; 0: nothing was said of them
  std::atomic<std::uint64_t> private_read;
};

/// A record of the trace: this, then both paths and the bytes written.
struct TraceHead {
  Call call;
  std::int32_t process;
  std::int32_t descriptor;  ///< -1: by name
  std::int32_t flags;       ///< of open; O_ bits
  std::int64_t offset;      ///< of a write; new size of a truncation
  std::int64_t result;      ///< what the program was told
  std::int32_t error;       ///< errno when that is a failure
  std::uint32_t path_size;
  std::uint32_t second_path_size;  ///< rename, link: the new name
  std::uint32_t data_size;
};

}  // namespace gridtally::crash

extern "C" {
/// Reads the variables anew and counts from here. Of use to a child after fork.
void crash_start();
/// Puts `text` into the trace.
void crash_note(const char* text);
}
