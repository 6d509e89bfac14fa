#pragma once

#include <dlfcn.h>
#include <sys/uio.h>

#include <mutex>
#include <span>
#include <string>

#include "crash/shim/protocol.hpp"

namespace gridtally::crash {

/// The next definition of a function that the shim stands in front of.
template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// What becomes of a call.
struct Verdict {
  bool counts = false;  ///< it is about the folder under test
  int error = 0;        ///< tell the program this errno instead of calling
  bool shorten = false;
};

/// Absolute path of a name given to a call; `folder` is a descriptor or AT_FDCWD.
std::string path_of(int folder, const char* name);
/// Of an open file or folder; empty unless it counts. Allocates only then: signal handlers write
/// too.
std::string path_of(int descriptor);

/// One counted call: decides in the constructor (which may not return), writes the trace in done().
/// Holds a lock of the process in between, so that the trace is in the order of the calls.
class CountedCall {
 public:
  CountedCall(Call call, std::string path);
  /// As above; `needs_space` tells whether a full disk would refuse it.
  CountedCall(Call call, std::string path, bool needs_space);
  [[nodiscard]] const Verdict& verdict() const { return verdict_; }
  [[nodiscard]] bool fails() const { return verdict_.error != 0; }
  [[nodiscard]] bool counts() const { return verdict_.counts; }

  /// Returns `result` with errno as the program shall see them; fails() makes that -1.
  long done(long result, int descriptor = -1, int flags = 0, long offset = 0,
            const std::string& second_path = {}, std::span<const iovec> data = {});

 private:
  Call call_;
  std::string path_;
  Verdict verdict_;
  std::unique_lock<std::mutex> lock_;
};

}  // namespace gridtally::crash
