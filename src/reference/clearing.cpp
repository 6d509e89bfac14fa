#include "reference/clearing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "reference/cholesky.hpp"
#include "reference/evaluation.hpp"

namespace gridtally::reference {

namespace {

constexpr double boundary = 0.995;  // share of the way to the nearest bound that a step may go

double sum_of(const std::vector<double>& rows, std::size_t width, std::size_t column) {
  double sum = 0.0;
  for (std::size_t at = column; at < rows.size(); at += width) sum += rows[at];
  return sum;
}

}  // namespace

Clearing::Clearing(std::span<const qp::DayProblem> days, std::vector<Chunk> chunks,
                   const Terms& terms, const ChunkSums& sums, std::size_t nodes)
    : days_(days),
      blocks_(days, std::move(chunks), terms.slots),
      sums_(sums),
      nodes_(nodes),
      slots_(terms.slots),
      p2p_price_(terms.p2p_price),
      products_(static_cast<double>(std::max<std::size_t>(sums.total(blocks_.products()), 1))),
      prices_(nodes * slots_, terms.p2p_price),
      steps_(nodes * slots_, 0.0),
      factors_(nodes) {}

// Mehrotra's predictor and corrector, with one step length and one centring for the community.
Outcome Clearing::solve(const Accuracy& accuracy) {
  Outcome outcome;
  outcome.optimum = outcome.infeasibility = std::numeric_limits<double>::infinity();
  for (;; ++outcome.iterations) {
    const double affine = predict();
    const bool last = outcome.iterations == accuracy.max_iterations;
    if (last || worth_evaluating(outcome, accuracy)) evaluate(outcome);
    outcome.solved = outcome.within(accuracy);
    if (outcome.solved || last) return outcome;
    advance(correct(affine));
  }
}

// The affine step: how far it could go.
double Clearing::predict() {
  const ResponseRow row(slots_, true);
  ChunkRows rows;
  const Residuals mine = blocks_.respond(prices_, {0.0, 0.0}, true, rows);
  residuals_ = {sums_.largest(mine.primal), sums_.largest(mine.dual)};
  const auto sums = sums_.by_node(rows, nodes_);
  gap_ = sum_of(sums, row.width, row.gap);
  for (std::size_t n = 0; n < nodes_; ++n) {
    const auto first = sums.begin() + static_cast<std::ptrdiff_t>(n * row.width + row.response);
    factors_[n].assign(first, first + static_cast<std::ptrdiff_t>(row.width - row.response));
    factorise(slots_, factors_[n]);
  }
  clear(sums, row.width);
  return std::min(1.0, 1.0 / move());
}

// The step that is gone: centred by σ = (μ_affine/μ)³, with the second-order term where the affine
// step went some way.
double Clearing::correct(double affine) {
  const double after =
      gap_ + affine * (motion_[MoveRow::linear] + affine * motion_[MoveRow::quadratic]);
  const double ratio = std::max(after / gap_, 0.0);
  const double centre = ratio * ratio * ratio * gap_ / products_;
  ChunkRows rows;
  blocks_.respond(prices_, {centre, affine > 0.1 ? 1.0 : 0.0}, false, rows);
  clear(sums_.by_node(rows, nodes_), rows.width);
  return std::min(1.0, boundary / move());
}

// Price steps after which the node's net trades sum to zero: −∂s/∂p dp = Σ (s + ds).
void Clearing::clear(const std::vector<double>& sums, std::size_t width) {
  const ResponseRow row(slots_, false);
  for (std::size_t n = 0; n < nodes_; ++n) {
    const auto step = std::span(steps_).subspan(n * slots_, slots_);
    std::copy_n(&sums[n * width + row.supply], slots_, step.begin());
    solve_factorised(slots_, factors_[n], step);
  }
}

// Largest −dx/x of the community.
double Clearing::move() {
  ChunkRows rows;
  const double worst = sums_.largest(blocks_.move(prices_, steps_, rows));
  motion_ = sums_.total(rows);
  if (!std::isfinite(motion_[MoveRow::linear] + motion_[MoveRow::quadratic])) {
    throw Error("the interior-point step is not finite: check the community for extreme values",
                ExitStatus::not_converged);
  }
  return worst;
}

void Clearing::advance(double alpha) {
  blocks_.advance(alpha);
  for (std::size_t i = 0; i < prices_.size(); ++i) prices_[i] += alpha * steps_[i];
}

// Evaluating costs as much as a pass: not before the iteration's own measures come near.
bool Clearing::worth_evaluating(const Outcome& outcome, const Accuracy& accuracy) const {
  if (residuals_.primal > 1e-7 || residuals_.dual > 1e-7) return false;
  return !(gap_ > 10.0 * accuracy.gap * std::max(1.0, std::abs(outcome.optimum)));
}

void Clearing::evaluate(Outcome& outcome) const {
  const std::size_t width = 2 + slots_;  // cost, bound, s
  ChunkRows rows{width, std::vector<double>(blocks_.chunks().size() * width, 0.0)};
  qp::Solution x(slots_);
  std::vector<double> premium(prices_);
  for (double& q : premium) q -= p2p_price_;
  double worst = 0.0;
  for (std::size_t c = 0; c < blocks_.chunks().size(); ++c) {
    const auto& chunk = blocks_.chunks()[c];
    double* row = &rows.values[c * width];
    for (std::size_t i = chunk.first; i < chunk.first + chunk.count; ++i) {
      blocks_.read(i, std::span(prices_).subspan(chunk.node * slots_, slots_), x);
      row[0] += qp::cost(days_[i], x);
      row[1] += qp::dual_bound(days_[i], &premium[chunk.node * slots_], x);
      for (std::size_t t = 0; t < slots_; ++t) row[2 + t] += x.net_trade[t];
      worst = std::max(worst, own_residual(days_[i], x));
    }
  }
  worst = sums_.largest(worst);
  const auto sums = sums_.by_node(rows, nodes_);
  for (std::size_t n = 0; n < nodes_; ++n) {
    for (std::size_t t = 0; t < slots_; ++t) {
      worst = std::max(worst, std::abs(sums[n * width + 2 + t]));
    }
  }
  outcome.optimum = sum_of(sums, width, 0);
  outcome.dual_bound = sum_of(sums, width, 1);
  outcome.infeasibility = worst;
  outcome.prices = prices_;
}

std::vector<double> Clearing::end_levels() const {
  std::vector<double> levels;
  qp::Solution x(slots_);
  for (std::size_t i = 0; i < days_.size(); ++i) {
    blocks_.read(i, prices_, x);
    levels.push_back(x.stored[slots_ - 1]);
  }
  return levels;
}

}  // namespace gridtally::reference
