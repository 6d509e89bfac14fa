// A network of slow links for tests, where the kernel has no netem: an Ethernet switch in user
// space. Each port is a TAP device of the calling network namespace; each of its two directions has
// a rate, a queue of 50 ms and a delay.
//   test-switch PORTS MBIT_PER_S DELAY_US PREFIX
// makes PREFIX1, PREFIX2, ... and prints "ready". Lines on standard input, "cut 3" and "mend 3",
// silence a port and let it speak again: what is sent to it and by it is lost, and nobody is told.
// Ends when its input does.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <queue>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Frame = std::string;
constexpr std::size_t address_size = 6;
constexpr std::size_t header_size = 14;
constexpr std::size_t largest_frame = 65536;
constexpr int frames_a_turn = 64;
constexpr auto longest_queue = std::chrono::milliseconds{50};

int open_tap(const std::string& name) {
  const int tap = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (tap < 0 || ::ioctl(tap, TUNSETIFF, &request) < 0) {
    throw std::runtime_error("no TAP device '" + name + "': " + std::strerror(errno));
  }
  return tap;
}

// One direction of a port's link: what it carries next waits for what it carries now.
class Line {
 public:
  explicit Line(double bits_per_second) : bits_per_second_(bits_per_second) {}

  [[nodiscard]] bool is_full(Clock::time_point now) const { return free_at_ > now + longest_queue; }

  // When a frame that is there at `from` has passed.
  Clock::time_point carry(std::size_t bytes, Clock::time_point from) {
    constexpr std::size_t around = 24;  // bytes: preamble, checksum, gap
    const std::chrono::duration<double> takes(static_cast<double>(8 * (bytes + around)) /
                                              bits_per_second_);
    free_at_ = std::max(free_at_, from) + std::chrono::duration_cast<Clock::duration>(takes);
    return free_at_;
  }

 private:
  double bits_per_second_;
  Clock::time_point free_at_;
};

struct Port {
  int tap;
  Line in;   // from the host
  Line out;  // to it
  bool cut = false;
};

struct UnderWay {
  Clock::time_point due;
  std::uint64_t number;  // of frames due at once, the earlier first
  std::size_t to;
  Frame frame;
  bool operator>(const UnderWay& other) const {
    return due != other.due ? due > other.due : number > other.number;
  }
};

class Switch {
 public:
  Switch(int ports, double bits_per_second, Clock::duration delay, const std::string& prefix)
      : delay_(delay) {
    for (int i = 1; i <= ports; ++i) {
      ports_.push_back(
          {open_tap(prefix + std::to_string(i)), Line(bits_per_second), Line(bits_per_second)});
    }
  }

  void run() {
    std::vector<pollfd> watched{{STDIN_FILENO, POLLIN, 0}};
    for (const Port& port : ports_) watched.push_back({port.tap, POLLIN, 0});
    while (true) {
      deliver();
      const timespec patience = until_next();
      if (::ppoll(watched.data(), watched.size(), &patience, nullptr) <= 0) continue;
      if (watched[0].revents != 0 && !obey()) return;
      for (std::size_t i = 0; i < ports_.size(); ++i) {
        if (watched[i + 1].revents != 0) take_from(i);
      }
    }
  }

 private:
  void deliver() {
    while (!under_way_.empty() && under_way_.top().due <= Clock::now()) {
      const UnderWay& next = under_way_.top();
      // What the host does not take is lost, as on a wire.
      if (!ports_[next.to].cut &&
          ::write(ports_[next.to].tap, next.frame.data(), next.frame.size()) < 0) {
        ++lost_;
      }
      under_way_.pop();
    }
  }

  [[nodiscard]] timespec until_next() const {
    constexpr auto longest = std::chrono::nanoseconds(std::chrono::milliseconds{100});
    auto wait = longest;
    if (!under_way_.empty()) {
      wait = std::clamp(std::chrono::nanoseconds(under_way_.top().due - Clock::now()),
                        std::chrono::nanoseconds{0}, longest);
    }
    return {0, wait.count()};
  }

  // False when there is nobody left who could speak.
  bool obey() {
    std::string text(256, '\0');
    const auto size = ::read(STDIN_FILENO, text.data(), text.size());
    if (size <= 0) return false;
    text.resize(static_cast<std::size_t>(size));
    std::istringstream words(text);
    std::string what;
    std::size_t port = 0;
    while (words >> what >> port) ports_.at(port - 1).cut = what == "cut";
    return true;
  }

  void take_from(std::size_t from) {
    std::array<char, largest_frame> bytes;
    for (int i = 0; i < frames_a_turn; ++i) {
      const auto size = ::read(ports_[from].tap, bytes.data(), bytes.size());
      if (size < static_cast<ssize_t>(header_size)) return;
      take(from, Frame(bytes.data(), static_cast<std::size_t>(size)));
    }
  }

  void take(std::size_t from, const Frame& frame) {
    Port& port = ports_[from];
    port_of_[frame.substr(address_size, address_size)] = from;
    const auto now = Clock::now();
    if (port.cut || port.in.is_full(now)) return;
    const auto arrived = port.in.carry(frame.size(), now);
    const auto known = port_of_.find(frame.substr(0, address_size));
    if (known != port_of_.end()) return pass(known->second, frame, arrived);
    for (std::size_t to = 0; to < ports_.size(); ++to) {
      if (to != from) pass(to, frame, arrived);
    }
  }

  void pass(std::size_t to, const Frame& frame, Clock::time_point arrived) {
    Line& line = ports_[to].out;
    if (line.is_full(arrived)) return;
    under_way_.push({line.carry(frame.size(), arrived) + delay_, number_++, to, frame});
  }

  Clock::duration delay_;
  std::vector<Port> ports_;
  std::map<std::string, std::size_t, std::less<>> port_of_;  // by Ethernet address
  std::priority_queue<UnderWay, std::vector<UnderWay>, std::greater<>> under_way_;
  std::uint64_t number_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: test-switch PORTS MBIT_PER_S DELAY_US PREFIX\n";
    return 2;
  }
  try {
    Switch network(std::stoi(argv[1]), 1e6 * std::stod(argv[2]),
                   std::chrono::microseconds(std::stoi(argv[3])), argv[4]);
    std::cout << "ready" << std::endl;
    network.run();
  } catch (const std::exception& error) {
    std::cerr << "test-switch: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
