#include "reference/clearing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "reference/cholesky.hpp"
#include "reference/log_event.hpp"

namespace gridtally::reference {

namespace {

constexpr double boundary = 0.995;  // share of the way to the nearest bound that a step may go

struct Events {
  LogEvent respond{"PricesAnswered"};  // elimination of the prosumers
  LogEvent move{"ProsumersMoved"};
  LogEvent evaluate{"CostAndBound"};
};

const Events& events() {
  static const Events registered;
  return registered;
}

double sum_of(const std::vector<double>& rows, std::size_t width, std::size_t column) {
  double sum = 0.0;
  for (std::size_t at = column; at < rows.size(); at += width) sum += rows[at];
  return sum;
}

}  // namespace

Clearing::Clearing(const Part& part)
    : part_(part),
      blocks_(part.days, part.chunks, part.terms.slots),
      sums_(part.sums),
      nodes_(part.market.nodes),
      slots_(part.terms.slots),
      products_(static_cast<double>(std::max<std::size_t>(sums_.total(blocks_.products()), 1))),
      prices_(nodes_ * slots_, part.terms.p2p_price),
      steps_(nodes_ * slots_, 0.0),
      factors_(nodes_) {}

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
  const Residuals mine = respond({0.0, 0.0}, true, rows);
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
  respond({centre, affine > 0.1 ? 1.0 : 0.0}, false, rows);
  clear(sums_.by_node(rows, nodes_), rows.width);
  return std::min(1.0, boundary / move());
}

Residuals Clearing::respond(block::Aim aim, bool with_response, ChunkRows& rows) {
  const LogEvent::Span span(events().respond);
  return blocks_.respond(prices_, aim, with_response, rows);
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
  double worst = 0.0;
  {
    const LogEvent::Span span(events().move);
    worst = blocks_.move(prices_, steps_, rows);
  }
  worst = sums_.largest(worst);
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
  const LogEvent::Span span(events().evaluate);
  const auto read = [&](std::size_t i, qp::Solution& x) { blocks_.read(i, x); };
  for (const double surplus : reference::evaluate(part_, prices_, read, outcome)) {
    outcome.infeasibility = std::max(outcome.infeasibility, std::abs(surplus));
  }
}

std::vector<double> Clearing::end_levels() const {
  std::vector<double> levels;
  qp::Solution x(slots_);
  for (std::size_t i = 0; i < part_.days.size(); ++i) {
    blocks_.read(i, x);
    levels.push_back(x.stored[slots_ - 1]);
  }
  return levels;
}

}  // namespace gridtally::reference
