#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace gridtally::ledger_bench {

/// When which meter sends. Transaction i is due at i/rate, whatever has been confirmed by then, and
/// is sent by the meter that has waited longest of those without an unconfirmed one; where all have
/// one, it waits. Its delay counts from when it was due. Times are seconds from the start.
class OpenLoop {
 public:
  struct Span {
    double warm_up = 1.0;  ///< transactions due before its end are sent and not measured
    double measured = 1.0;
  };
  OpenLoop(double rate, Span span, std::uint32_t meters);

  /// The meter that sends the next transaction, if one is due and a meter is free.
  std::optional<std::uint32_t> next(double now);
  /// When next() may have one, should a meter be free; nothing: all have been sent.
  [[nodiscard]] std::optional<double> next_due() const;
  /// The meter's transaction is confirmed.
  void confirm(std::uint32_t meter, double now);
  [[nodiscard]] bool is_measured(double now) const;
  [[nodiscard]] bool done() const { return sent_ == count_ && free_.size() == due_.size(); }

  /// Of the measured transactions [ms]; of those without confirmation their age.
  [[nodiscard]] std::vector<double> delays(double now) const;
  [[nodiscard]] std::uint64_t unconfirmed() const;
  /// Confirmed within the measured time [1/s].
  [[nodiscard]] double confirmed_rate() const;

 private:
  [[nodiscard]] double due(std::uint64_t i) const { return static_cast<double>(i) / rate_; }

  double rate_;
  Span span_;
  std::uint64_t count_;
  std::uint64_t sent_ = 0;
  std::uint64_t confirmed_ = 0;  ///< within the measured time
  std::deque<std::uint32_t> free_;
  std::vector<std::optional<double>> due_;  ///< of each meter's unconfirmed transaction
  std::vector<double> delays_;              ///< [ms]
};

}  // namespace gridtally::ledger_bench
