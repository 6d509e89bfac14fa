#include "cluster/progress.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ostream>
#include <string>

#include "base/text.hpp"

namespace gridtally::cluster {

namespace {

// What the day's cost is at most above the optimum, as a share (model.md 4).
double relative_gap(const ledger::DayTotals& totals) {
  return (totals.cost - totals.bound) / std::max(1.0, std::abs(totals.cost));
}

std::string scientific(double value) {
  if (!(value > 0.0)) return to_text(value);
  int exponent = static_cast<int>(std::floor(std::log10(value)));
  if (value / std::pow(10.0, exponent) >= 9.95) ++exponent;  // else it would round to "10.0"
  return to_fixed(value / std::pow(10.0, exponent), 1) + "e" + std::to_string(exponent);
}

std::string bar(double share) {
  constexpr int width = 24;
  const int full = std::clamp(static_cast<int>(share * width), 0, width);
  return "[" + std::string(static_cast<std::size_t>(full), '#') +
         std::string(static_cast<std::size_t>(width - full), '.') + "]";
}

std::string clock_text(double seconds) {
  if (seconds < 60.0) return to_fixed(seconds, 0) + " s";
  if (seconds < 3600.0) return to_fixed(seconds / 60.0, 0) + " min";
  return to_fixed(seconds / 3600.0, 1) + " h";
}

std::string day_text(std::uint32_t day, std::uint32_t days) {
  return "day " + std::to_string(day) + " (" + std::to_string(day + 1) + " of " +
         std::to_string(days) + ")";
}

}  // namespace

// A terminal, also behind mpirun: Open MPI gives its ranks a terminal of their own even when its
// own output goes to a file, so there the parent's output counts too.
bool writes_to_terminal() {
  if (::isatty(STDOUT_FILENO) != 1) return false;
  if (std::getenv("OMPI_COMM_WORLD_RANK") == nullptr) return true;
  const std::string parent = "/proc/" + std::to_string(::getppid()) + "/fd/1";
  const int descriptor = ::open(parent.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool terminal = ::isatty(descriptor) == 1;
  ::close(descriptor);
  return terminal;
}

std::string meters_in_words(const std::vector<std::uint32_t>& meters, const Layout& layout,
                            const std::vector<std::string>& hosts) {
  const bool apart = std::any_of(hosts.begin(), hosts.end(),
                                 [&](const std::string& each) { return each != hosts.front(); });
  std::string words;
  std::string there;  // the host of the meter before
  for (const auto meter : meters) {
    const auto& host = hosts[static_cast<std::size_t>(layout.rank_of_meter(meter))];
    if (!words.empty()) words += apart && host != there ? " on " + there + "; " : ", ";
    words += std::to_string(meter);
    there = host;
  }
  return words + (apart && !words.empty() ? " on " + there : "");
}

Progress::Progress(std::ostream& out, bool is_terminal, Talk talk, std::uint32_t days,
                   double epsilon)
    : out_(out),
      terminal_(is_terminal),
      talk_(talk),
      days_(days),
      epsilon_(epsilon),
      start_(Clock::now()),
      day_start_(start_),
      shown_(start_) {}

double Progress::seconds_since(Clock::time_point start) const {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Days done, and of the day in progress how far the residual has come on its way to the stop, on a
// logarithmic scale.
double Progress::share_done(const ledger::ContractState& state) const {
  double within = 0.0;
  if (state.iterate.residual > 0.0 && first_residual_ > epsilon_) {
    within =
        std::log(first_residual_ / state.iterate.residual) / std::log(first_residual_ / epsilon_);
  }
  return (settled_days_ + std::clamp(within, 0.0, 0.99)) / days_;
}

double Progress::blocks_a_second(const ledger::ContractState& state) const {
  return static_cast<double>(state.turn.height - first_height_) / seconds_since(start_);
}

// Negative while too little is done to tell.
double Progress::seconds_left(const ledger::ContractState& state) const {
  const double share = share_done(state);
  const double done_here = share - first_share_;
  return done_here < 0.02 ? -1.0 : seconds_since(start_) * (1.0 - share) / done_here;
}

void Progress::show(const ledger::ContractState& state) {
  if (talk_ == Talk::quiet) return;
  if (state.turn.iteration == 1) first_residual_ = state.iterate.residual;
  if (state.settled) {
    show_settled_day(state);
    return;
  }
  const double waited = seconds_since(shown_);
  const bool tenth = state.turn.iteration % 10 == 0 || state.converged;
  if (talk_ == Talk::verbose ? tenth : (!terminal_ && waited >= 10.0)) {
    show_line(state);
  } else if (terminal_ && talk_ == Talk::normal && waited >= 0.1) {
    show_bar(state);
  }
}

void Progress::take_up(const ledger::ContractState& state) {
  if (state.turn.iteration == 1) first_residual_ = state.iterate.residual;
  if (state.settled) ++settled_days_;
}

void Progress::show_resumption(const ledger::ContractState& state) {
  first_height_ = state.turn.height;
  first_share_ = share_done(state);
  start_ = day_start_ = shown_ = Clock::now();
  if (talk_ == Talk::quiet) return;
  out_ << "goes on after height " << state.turn.height << ", " << settled_days_ << " of " << days_
       << " days settled\n"
       << std::flush;
}

void Progress::show_bar(const ledger::ContractState& state) {
  shown_ = Clock::now();
  const double rate = blocks_a_second(state);
  const double left = seconds_left(state);
  out_ << "\r" << bar(share_done(state)) << " " << day_text(state.turn.day, days_) << "  iteration "
       << state.turn.iteration << "  residual " << scientific(state.iterate.residual)
       << " kWh (stop " << scientific(epsilon_) << ")  " << to_fixed(rate, 0) << "/s"
       << (left < 0.0 ? std::string{} : "  " + clock_text(left) + " left") << "   " << std::flush;
  open_line_ = true;
}

void Progress::show_line(const ledger::ContractState& state) {
  shown_ = Clock::now();
  const double left = seconds_left(state);
  end_line();
  out_ << day_text(state.turn.day, days_) << ": iteration " << state.turn.iteration << ", residual "
       << scientific(state.iterate.residual) << " kWh, " << to_fixed(blocks_a_second(state), 0)
       << " blocks/s" << (left < 0.0 ? std::string{} : ", " + clock_text(left) + " left") << "\n"
       << std::flush;
}

void Progress::show_settled_day(const ledger::ContractState& state) {
  const auto totals = ledger::day_totals(state);
  ++settled_days_;
  if (open_line_) out_ << "\r" << std::string(110, ' ') << "\r";
  open_line_ = false;
  out_ << day_text(state.turn.day, days_) << ": converged in " << state.iterate.iteration
       << " iterations, residual " << scientific(state.iterate.residual) << " kWh, cost "
       << to_fixed(totals.cost, 2) << " cents (alone " << to_fixed(totals.cost_alone, 2)
       << "), certified to " << scientific(relative_gap(totals)) << ", "
       << to_fixed(seconds_since(day_start_), 2) << " s\n"
       << std::flush;
  day_start_ = Clock::now();
  shown_ = day_start_;
}

void Progress::end_line() {
  if (open_line_) out_ << "\n";
  open_line_ = false;
}

}  // namespace gridtally::cluster
