#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace gridtally {

/// What every executable returns.
enum class ExitStatus : int {
  success = 0,
  unsound = 1,        ///< audit: the archive contradicts itself
  bad_input = 2,      ///< wrong input or usage; audit: not auditable
  not_converged = 3,  ///< the iteration limit was reached first
  failure = 4,        ///< anything else: I/O, a broken peer, a bug
  stopped = 75,       ///< asked to stop, and can be gone on with (EX_TEMPFAIL)
};

/// Base of all errors. The message holds the values, the place and, where one exists, the remedy.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitStatus status = ExitStatus::failure)
      : std::runtime_error(message), status_(status) {}
  [[nodiscard]] ExitStatus status() const noexcept { return status_; }

 private:
  ExitStatus status_;
};

/// Input that cannot be used: every fault found, one line each. Nothing was written.
class InputError : public Error {
 public:
  explicit InputError(std::vector<std::string> faults);
  explicit InputError(const std::string& fault) : InputError(std::vector<std::string>{fault}) {}
  [[nodiscard]] const std::vector<std::string>& faults() const noexcept { return faults_; }

 private:
  std::vector<std::string> faults_;
};

/// A file-system call failed: names the call, the path and the system's reason.
class IoError : public Error {
 public:
  using Error::Error;
};

/// Bytes that are not what their format says (encoding, archive, journal, key file).
class FormatError : public Error {
 public:
  explicit FormatError(const std::string& message) : Error(message, ExitStatus::bad_input) {}
};

}  // namespace gridtally
