// An Ethernet switch in user space between network namespaces, for kernels without netem:
//   link_switch PREFIX PORTS RATE DELAY      TAP devices PREFIX1 to PREFIXn; RATE [Mbit/s] of a
//   port, each way; DELAY [ms] one way
// Prints "ready"; every line "PORT RATE DELAY" on standard input changes one port. Ends with its
// input.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <queue>
#include <string>
#include <vector>

namespace {

using Seconds = std::chrono::duration<double>;

constexpr double most_queued = 0.5;       // [s] of a port, before it drops
constexpr std::size_t around_frame = 24;  // preamble, checksum, gap [bytes]

struct Port {
  int tap = -1;
  double rate = 0.0;   // [bytes/s]
  double delay = 0.0;  // [s]
  double in_free = 0.0;
  double out_free = 0.0;
};

struct Frame {
  double due = 0.0;
  unsigned long number = 0;
  std::size_t from = 0;
  std::vector<char> bytes;
  bool operator<(const Frame& other) const {
    return due != other.due ? due > other.due : number > other.number;
  }
};

double now() { return Seconds(std::chrono::steady_clock::now().time_since_epoch()).count(); }

int open_tap(const std::string& name) {
  const int tap = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (tap < 0 || ::ioctl(tap, TUNSETIFF, &request) < 0) {
    std::perror(("link_switch: " + name).c_str());
    std::exit(1);
  }
  return tap;
}

class Switch {
 public:
  Switch(const std::string& prefix, std::size_t ports, double rate, double delay) : ports_(ports) {
    for (std::size_t i = 0; i < ports; ++i) {
      ports_[i].tap = open_tap(prefix + std::to_string(i + 1));
      set(i, rate, delay);
    }
  }

  void set(std::size_t port, double megabits, double milliseconds) {
    if (port >= ports_.size()) return;
    ports_[port].rate = megabits * 1e6 / 8;
    ports_[port].delay = milliseconds * 1e-3;
  }

  void run() {
    std::vector<pollfd> open;
    for (const auto& port : ports_) open.push_back({port.tap, POLLIN, 0});
    open.push_back({STDIN_FILENO, POLLIN, 0});
    for (;;) {
      deliver();
      const timespec wait = until_next();
      if (::ppoll(open.data(), open.size(), &wait, nullptr) <= 0) continue;
      for (std::size_t i = 0; i < ports_.size(); ++i) {
        if (open[i].revents != 0) take(i);
      }
      if (open.back().revents != 0 && !obey()) return;
    }
  }

 private:
  void take(std::size_t from) {
    std::array<char, 65536> bytes{};
    for (int i = 0; i < 64; ++i) {
      const auto size = ::read(ports_[from].tap, bytes.data(), bytes.size());
      if (size < 14) return;
      queue(from, {bytes.begin(), bytes.begin() + size});
    }
  }

  // Through the sender's link, then through the receiver's, each with its rate and delay.
  void queue(std::size_t from, std::vector<char> bytes) {
    ports_of_[std::string(&bytes[6], 6)] = from;
    const double arrived = now();
    auto& in = ports_[from];
    if (in.in_free - arrived > most_queued) return;
    const auto size = static_cast<double>(bytes.size() + around_frame);
    in.in_free = std::max(in.in_free, arrived) + size / in.rate;
    double due = in.in_free + in.delay;
    const auto to = ports_of_.find(std::string(bytes.data(), 6));
    if (to != ports_of_.end()) {
      auto& out = ports_[to->second];
      if (out.out_free - due > most_queued) return;
      out.out_free = std::max(out.out_free, due) + size / out.rate;
      due = out.out_free + out.delay;
    }
    waiting_.push({due, ++frames_, from, std::move(bytes)});
  }

  void deliver() {
    const double time = now();
    while (!waiting_.empty() && waiting_.top().due <= time) {
      const Frame& frame = waiting_.top();
      const auto to = ports_of_.find(std::string(frame.bytes.data(), 6));
      for (std::size_t i = 0; i < ports_.size(); ++i) {
        const bool meant = to == ports_of_.end() ? i != frame.from : i == to->second;
        if (meant && ::write(ports_[i].tap, frame.bytes.data(), frame.bytes.size()) < 0) {
          // A host that is down takes nothing.
        }
      }
      waiting_.pop();
    }
  }

  timespec until_next() const {
    double wait = 0.1;
    if (!waiting_.empty()) wait = std::clamp(waiting_.top().due - now(), 0.0, wait);
    return {0, static_cast<long>(wait * 1e9)};
  }

  // False at the end of the input.
  bool obey() {
    std::array<char, 256> text{};
    const auto size = ::read(STDIN_FILENO, text.data(), text.size() - 1);
    if (size <= 0) return false;
    unsigned port = 0;
    double rate = 0.0;
    double delay = 0.0;
    if (std::sscanf(text.data(), "%u %lf %lf", &port, &rate, &delay) == 3)
      set(port - 1, rate, delay);
    return true;
  }

  std::vector<Port> ports_;
  std::map<std::string, std::size_t> ports_of_;  // by address
  std::priority_queue<Frame> waiting_;
  unsigned long frames_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("link_switch PREFIX PORTS RATE DELAY\n", stderr);
    return 2;
  }
  Switch between(argv[1], std::strtoul(argv[2], nullptr, 10), std::strtod(argv[3], nullptr),
                 std::strtod(argv[4], nullptr));
  std::puts("ready");
  std::fflush(stdout);
  between.run();
}
