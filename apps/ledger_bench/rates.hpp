#pragma once

#include <optional>
#include <vector>

#include "ledger_bench/figures.hpp"

namespace gridtally::ledger_bench {

inline constexpr double paper_rate = 150.0;  ///< where the paper's throughput saturates [1/s]

/// Which rates are offered to one number of validators: the paper's first; then those that were
/// asked for or, of none, twice the last until saturation, and between the last two until they are
/// 15 % apart; at the end half of the saturation found.
class RateSearch {
 public:
  explicit RateSearch(std::vector<double> rates);

  /// The next rate to measure [1/s]; nothing: that was all.
  [[nodiscard]] std::optional<double> next() const;
  /// What came of next().
  void take(const Step& step);

  /// The most that was confirmed at any rate so far [1/s].
  [[nodiscard]] double saturation() const { return most_confirmed_; }
  /// The step measured nearest to a rate. There must be one.
  [[nodiscard]] const Step& nearest(double rate) const;
  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }

 private:
  [[nodiscard]] std::optional<double> upward() const;
  [[nodiscard]] std::optional<double> searched() const;
  [[nodiscard]] bool measured(double rate) const;

  std::vector<double> rates_;  ///< asked for; empty: search
  std::vector<Step> steps_;
  double most_confirmed_ = 0.0;
  bool halved_ = false;  ///< half of the saturation has been measured
};

}  // namespace gridtally::ledger_bench
