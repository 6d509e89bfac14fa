// A network of slow links for tests, where the kernel has no netem: an Ethernet switch in user
// space. Each port is a TAP device of the calling network namespace; each of its two directions has
// a rate, a queue of 50 ms (of 32 KiB where the rate is low) and a delay.
//   test-switch PORTS MBIT_PER_S DELAY_US PREFIX
// makes PREFIX1, PREFIX2, ... and prints "ready"; the delay is that from port to port. Lines on
// standard input: "cut 3" and "mend 3" silence a port and let it speak again: what is sent to it
// and by it is lost, and nobody is told; "shape 3 MBIT_PER_S DELAY_US" gives a port a rate and, for
// each direction, a delay of its own. Ends when its input does.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Frame = std::string;
constexpr std::size_t address_size = 6;
constexpr std::size_t header_size = 14;
constexpr std::size_t largest_frame = 65536;
constexpr int frames_a_turn = 64;
constexpr auto longest_queue = std::chrono::milliseconds{50};
constexpr double least_queue = 32 << 10;  // bytes; a slow link holds what a sender may send at once

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

  void set_rate(double bits_per_second) { bits_per_second_ = bits_per_second; }

  [[nodiscard]] bool is_full(Clock::time_point now) const {
    const std::chrono::duration<double> least(8 * least_queue / bits_per_second_);
    return free_at_ > now + std::max<std::chrono::duration<double>>(longest_queue, least);
  }

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
  Clock::duration delay;
  bool cut = false;
};

// A frame on its sender's link, then on its receiver's.
struct UnderWay {
  std::size_t to;
  bool is_past_switch;
  Frame frame;
};

class Switch {
 public:
  Switch(int ports, double bits_per_second, Clock::duration delay, const std::string& prefix) {
    const Line line(bits_per_second);
    for (int i = 1; i <= ports; ++i) {
      ports_.push_back({open_tap(prefix + std::to_string(i)), line, line, delay / 2});
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
    while (!under_way_.empty() && under_way_.begin()->first <= Clock::now()) {
      const auto next = under_way_.extract(under_way_.begin());
      UnderWay& passing = next.mapped();
      if (!passing.is_past_switch) {
        pass(std::move(passing), next.key());
        continue;
      }
      // What the host does not take is lost, as on a wire.
      const Port& port = ports_[passing.to];
      if (!port.cut && ::write(port.tap, passing.frame.data(), passing.frame.size()) < 0) ++lost_;
    }
  }

  [[nodiscard]] timespec until_next() const {
    constexpr auto longest = std::chrono::nanoseconds(std::chrono::milliseconds{100});
    auto wait = longest;
    if (!under_way_.empty()) {
      wait = std::clamp(std::chrono::nanoseconds(under_way_.begin()->first - Clock::now()),
                        std::chrono::nanoseconds{0}, longest);
    }
    return {0, wait.count()};
  }

  // False when there is nobody left who could speak.
  bool obey() {
    std::array<char, 256> bytes;
    const auto size = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (size <= 0) return false;
    asked_.append(bytes.data(), static_cast<std::size_t>(size));
    for (auto end = asked_.find('\n'); end != std::string::npos; end = asked_.find('\n')) {
      obey(asked_.substr(0, end));
      asked_.erase(0, end + 1);
    }
    return true;
  }

  void obey(const std::string& line) {
    std::istringstream words(line);
    std::string what;
    std::size_t number = 0;
    words >> what >> number;
    Port& port = ports_.at(number - 1);
    if (what != "shape") {
      port.cut = what == "cut";
      return;
    }
    double megabits_per_second = 0.0;
    std::int64_t delay_us = 0;
    words >> megabits_per_second >> delay_us;
    port.in.set_rate(1e6 * megabits_per_second);
    port.out.set_rate(1e6 * megabits_per_second);
    port.delay = std::chrono::microseconds(delay_us);
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
    const auto arrives = port.in.carry(frame.size(), now) + port.delay;
    const auto known = port_of_.find(frame.substr(0, address_size));
    for (std::size_t to = 0; to < ports_.size(); ++to) {
      const bool is_for_it = known == port_of_.end() ? to != from : to == known->second;
      if (is_for_it) under_way_.emplace(arrives, UnderWay{to, false, frame});
    }
  }

  // On to the receiver's link.
  void pass(UnderWay passing, Clock::time_point arrived) {
    Port& port = ports_[passing.to];
    if (port.out.is_full(arrived)) return;
    const auto due = port.out.carry(passing.frame.size(), arrived) + port.delay;
    passing.is_past_switch = true;
    under_way_.emplace(due, std::move(passing));
  }

  std::vector<Port> ports_;
  std::map<std::string, std::size_t, std::less<>> port_of_;  // by Ethernet address
  std::multimap<Clock::time_point, UnderWay> under_way_;     // by when it has passed its link
  std::string asked_;                                        // the beginning of a line
  std::uint64_t lost_ = 0;
};

// A wire does not wait until the hosts are less busy, and here all share the cores.
void go_before_hosts() {
  sched_param priority{};
  priority.sched_priority = 1;
  if (::sched_setscheduler(0, SCHED_RR, &priority) != 0) {
    throw std::runtime_error(std::string("no priority over the hosts: ") + std::strerror(errno));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: test-switch PORTS MBIT_PER_S DELAY_US PREFIX\n";
    return 2;
  }
  try {
    Switch network(std::stoi(argv[1]), 1e6 * std::stod(argv[2]),
                   std::chrono::microseconds(std::stoi(argv[3])), argv[4]);
    go_before_hosts();
    std::cout << "ready" << std::endl;
    network.run();
  } catch (const std::exception& error) {
    std::cerr << "test-switch: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
