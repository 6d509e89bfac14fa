#include "audit/progress.hpp"

#include <unistd.h>

#include <ostream>

#include "base/text.hpp"

namespace gridtally::audit_app {

namespace {
constexpr const char* clear_line = "\r\033[K";

std::string line(std::uint64_t blocks, std::uint64_t listed, double seconds) {
  const double rate = seconds > 0.0 ? static_cast<double>(blocks) / seconds : 0.0;
  std::string text = "audited " + std::to_string(blocks);
  if (blocks <= listed) text += " of " + std::to_string(listed);
  text += " blocks, " + to_fixed(rate, 0) + " blocks/s";
  if (blocks > listed || rate == 0.0) return text;
  return text + ", " + to_fixed(static_cast<double>(listed - blocks) / rate, 0) + " s left";
}
}  // namespace

bool errors_at_terminal() { return ::isatty(STDERR_FILENO) == 1; }

Progress::Progress(std::ostream& out, bool terminal)
    : out_(out), terminal_(terminal), start_(Clock::now()) {}

Progress::~Progress() {
  if (terminal_ && shown_) out_ << clear_line << std::flush;
}

void Progress::show(std::uint64_t blocks, std::uint64_t listed) {
  const auto now = Clock::now();
  const auto pause = terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(5000);
  const bool last = blocks == listed;
  if (!last && shown_ && now - *shown_ < pause) return;
  shown_ = now;
  const std::chrono::duration<double> elapsed = now - start_;
  out_ << (terminal_ ? clear_line : "") << line(blocks, listed, elapsed.count())
       << (terminal_ ? "" : "\n") << std::flush;
}

}  // namespace gridtally::audit_app
