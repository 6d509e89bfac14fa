#include "ledger_bench/rates.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gridtally::ledger_bench {

namespace {
constexpr double close_enough = 1.15;
constexpr double most = 1e6;  // [1/s]: beyond it the search gives up
}  // namespace

RateSearch::RateSearch(std::vector<double> rates) : rates_(std::move(rates)) {}

bool RateSearch::measured(double rate) const {
  return std::any_of(steps_.begin(), steps_.end(), [&](const Step& step) {
    return std::abs(step.offered - rate) <= 0.01 * rate;
  });
}

std::optional<double> RateSearch::next() const {
  if (steps_.empty()) return paper_rate;
  const auto rate = rates_.empty() ? searched() : upward();
  if (rate) return rate;
  const double half = std::round(0.5 * saturation());
  if (halved_ || half < 1.0 || measured(half)) return std::nullopt;
  return half;
}

std::optional<double> RateSearch::upward() const {
  for (const double rate : rates_) {
    if (!measured(rate)) return rate;
  }
  return std::nullopt;
}

std::optional<double> RateSearch::searched() const {
  double good = 0.0;
  double bad = 2.0 * most;
  for (const Step& step : steps_) {
    if (step.is_saturated()) bad = std::min(bad, step.offered);
  }
  for (const Step& step : steps_) {
    if (step.offered < bad) good = std::max(good, step.offered);
  }
  if (bad > most) return good < most ? std::optional(2.0 * good) : std::nullopt;
  if (good == 0.0 || bad <= close_enough * good) return std::nullopt;
  return std::round(0.5 * (good + bad));
}

void RateSearch::take(const Step& step) {
  const auto searching = rates_.empty() ? searched() : upward();
  halved_ = !steps_.empty() && !searching;
  steps_.push_back(step);
  most_confirmed_ = std::max(most_confirmed_, step.confirmed);
}

const Step& RateSearch::nearest(double rate) const {
  return *std::min_element(steps_.begin(), steps_.end(), [&](const Step& a, const Step& b) {
    return std::abs(a.offered - rate) < std::abs(b.offered - rate);
  });
}

}  // namespace gridtally::ledger_bench
