#pragma once

#include <functional>
#include <string>

#include "base/error.hpp"

namespace gridtally::cli {

/// An exception as the user sees it: each line of the message prefixed by "program: ".
struct Failure {
  ExitStatus status;
  std::string text;  ///< ends with a line break
};

/// Call inside a catch block. gridtally::Error keeps its status, anything else is `failure` (4).
Failure current_failure(const std::string& program);

/// Runs `app` and returns the process's exit status. Exceptions end here: the message goes to
/// standard error unless `speaks` returns false at that moment (an MPI program may pass
/// "rank is 0", or catch earlier itself and use current_failure).
int run_app(const std::string& program, const std::function<ExitStatus()>& app,
            const std::function<bool()>& speaks = {});

/// The same, named after argv[0]; `app` gets argc and argv.
int run_app(int argc, char** argv, const std::function<ExitStatus(int, char**)>& app,
            const std::function<bool()>& speaks = {});

}  // namespace gridtally::cli
