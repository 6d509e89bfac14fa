#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "cluster/layout.hpp"
#include "ledger/state.hpp"

namespace gridtally::cluster {

enum class Talk : std::uint8_t { quiet, normal, verbose };

/// Whether standard output ends at a terminal, mpirun included.
bool writes_to_terminal();

/// "3, 4 on pi2; 9 on pi5", or "3, 4, 9" where all ranks stand on one host. `hosts`: by rank.
std::string meters_in_words(const std::vector<std::uint32_t>& meters, const Layout& layout,
                            const std::vector<std::string>& hosts);

/// Shows a run on a terminal: a bar on a TTY, else one line a day and one per 10 s; verbose adds a
/// line every 10 iterations; quiet shows nothing. One rank only.
class Progress {
 public:
  Progress(std::ostream& out, bool is_terminal, Talk talk, std::uint32_t days, double epsilon);

  /// After each committed block.
  void show(const ledger::ContractState& state);
  /// A run that goes on: after each block that it had already, then once.
  void take_up(const ledger::ContractState& state);
  void show_resumption(const ledger::ContractState& state);
  /// Before a message that must stand on a line of its own.
  void end_line();

 private:
  using Clock = std::chrono::steady_clock;
  void show_bar(const ledger::ContractState& state);
  void show_line(const ledger::ContractState& state);
  void show_settled_day(const ledger::ContractState& state);
  [[nodiscard]] double seconds_since(Clock::time_point start) const;
  [[nodiscard]] double blocks_a_second(const ledger::ContractState& state) const;
  [[nodiscard]] double share_done(const ledger::ContractState& state) const;
  [[nodiscard]] double seconds_left(const ledger::ContractState& state) const;

  std::ostream& out_;
  bool terminal_;
  Talk talk_;
  std::uint32_t days_;
  double epsilon_;
  Clock::time_point start_;
  Clock::time_point day_start_;
  Clock::time_point shown_;
  double first_residual_ = 0.0;
  std::uint32_t settled_days_ = 0;
  std::uint64_t first_height_ = 0;  ///< blocks that were there already
  double first_share_ = 0.0;
  bool open_line_ = false;
};

}  // namespace gridtally::cluster
