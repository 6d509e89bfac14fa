#include "cli/run_app.hpp"

#include <exception>
#include <filesystem>
#include <iostream>
#include <sstream>

namespace gridtally::cli {

namespace {
std::string prefixed(const std::string& program, const std::string& message) {
  std::istringstream lines(message);
  std::string text;
  for (std::string line; std::getline(lines, line);) text += program + ": " + line + '\n';
  return text;
}
}  // namespace

Failure current_failure(const std::string& program) {
  try {
    throw;
  } catch (const Error& error) {
    return {error.status(), prefixed(program, error.what())};
  } catch (const std::exception& error) {
    return {ExitStatus::failure, prefixed(program, std::string("failed: ") + error.what())};
  } catch (...) {
    return {ExitStatus::failure, prefixed(program, "failed for an unknown reason")};
  }
}

int run_app(const std::string& program, const std::function<ExitStatus()>& app,
            const std::function<bool()>& speaks) {
  try {
    return static_cast<int>(app());
  } catch (...) {
    const Failure failure = current_failure(program);
    if (!speaks || speaks()) std::cerr << failure.text << std::flush;
    return static_cast<int>(failure.status);
  }
}

int run_app(int argc, char** argv, const std::function<ExitStatus(int, char**)>& app,
            const std::function<bool()>& speaks) {
  const std::string program =
      argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "gridtally";
  return run_app(
      program, [&] { return app(argc, argv); }, speaks);
}

}  // namespace gridtally::cli
