#include "cluster/stop_request.hpp"

#include <algorithm>
#include <csignal>

namespace gridtally::cluster {

namespace {

using namespace std::chrono_literals;

constexpr auto most_waiting = 500ms;  // for the block under way
constexpr auto least_margin = 2s;     // closing files, and ranks that wait for one another

volatile std::sig_atomic_t last_signal = 0;

extern "C" void note_signal(int signal) { last_signal = signal; }

}  // namespace

void heed_stop_signals() {
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) std::signal(signal, note_signal);
}

std::string stop_signal() {
  switch (last_signal) {
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    case SIGUSR1:
      return "SIGUSR1";
    default:
      return {};
  }
}

bool StopRequest::ask(const std::string& reason, Clock::time_point now, std::uint64_t height) {
  if (!reason_.empty()) return false;
  reason_ = reason;
  at_ = now;
  height_ = height;
  return true;
}

bool StopRequest::due(Clock::time_point now, std::uint64_t height) const {
  return !reason_.empty() && (height != height_ || now >= at_ + most_waiting);
}

WallTime::WallTime(std::optional<Clock::time_point> end) : end_(end) {}

void WallTime::note_block(Clock::time_point now) {
  if (last_block_) longest_ = std::max(longest_, now - *last_block_);
  last_block_ = now;
}

// One iteration, as much again for closing, and the files that are being written then.
bool WallTime::is_up(Clock::time_point now, Clock::duration writing) const {
  return end_ && now + 2 * longest_ + writing + least_margin >= *end_;
}

}  // namespace gridtally::cluster
