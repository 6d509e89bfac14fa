#include "reference/dense_newton.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "reference/household.hpp"

namespace gridtally::reference {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double endless = std::numeric_limits<double>::infinity();

// Unknowns: open variables, then multipliers of the rows. Fixed variables are constants.
class System {
 public:
  explicit System(double multiplier) : multiplier_(multiplier) {}

  struct At {
    Index index;
    double value;
  };
  At variable(Range range, double share, double slope, double curvature = 0.0) {
    if (!range.open()) return {-1, range.low};
    const double low = share * (range.high - range.low);
    return add(range.low + low, slope, curvature, low, range.high - range.low - low);
  }
  At slack(double value) { return add(value, 0.0, 0.0, value, endless); }

  void row(const std::vector<std::pair<At, double>>& terms, double right, double multiplier) {
    double residual = -right;
    for (const auto& [at, factor] : terms) {
      residual += factor * at.value;
      if (at.index < 0) continue;
      entries_.push_back({rows_, at.index, factor});
      slope_[at.index] += factor * multiplier;
    }
    residuals_.push_back(residual);
    ++rows_;
  }
  void push(At at, double slope) {
    if (at.index >= 0) slope_[at.index] += slope;
  }

  [[nodiscard]] MatrixXd matrix() const {
    const auto n = static_cast<Index>(slope_.size());
    MatrixXd k = MatrixXd::Zero(n + rows_, n + rows_);
    for (Index i = 0; i < n; ++i) k(i, i) = weight_[i];
    for (const auto& [row, column, factor] : entries_) {
      k(n + row, column) += factor;
      k(column, n + row) += factor;
    }
    return k;
  }
  // Affine step: products of distance and multiplier aimed at 0, so that the bounds' multipliers
  // leave the right-hand side.
  [[nodiscard]] VectorXd right() const {
    const auto n = static_cast<Index>(slope_.size());
    VectorXd b(n + rows_);
    for (Index i = 0; i < n; ++i) b(i) = -slope_[i];
    for (Index i = 0; i < rows_; ++i) b(n + i) = -residuals_[i];
    return b;
  }

 private:
  At add(double value, double slope, double curvature, double low, double high) {
    weight_.push_back(curvature + multiplier_ / low + multiplier_ / high);
    slope_.push_back(slope + curvature * value);
    return {static_cast<Index>(slope_.size()) - 1, value};
  }

  struct Entry {
    Index row, column;
    double factor;
  };
  double multiplier_;
  Index rows_ = 0;
  std::vector<double> weight_, slope_, residuals_;
  std::vector<Entry> entries_;
};

}  // namespace

DenseNewton dense_newton(const qp::DayProblem& d, const double* price) {
  const Bounds bounds(d);
  const double scale = scales(d).price;
  const auto T = static_cast<Index>(d.slots);
  using At = System::At;
  System system(scale);
  std::vector<std::vector<std::pair<At, double>>> trade(d.slots);
  std::vector<std::pair<At, double>> energy;
  double needed = 0.0;
  At before{-1, d.battery_start};
  const At peak = system.variable(bounds.grid(), 0.7, d.peak_price);
  for (std::size_t t = 0; t < d.slots; ++t) {
    const double w = 2.0 * d.discomfort_weight;
    const At g = system.variable(bounds.grid(), 0.3, d.grid_price[t]);
    const At r = system.variable(bounds.renewable(t), 0.5, 0.0);
    const At l = system.variable(bounds.flexible(t), 0.5, -w * d.flexible_reference[t], w);
    const At c = system.variable(bounds.charge(), 0.5, d.wear_cost);
    const At x = system.variable(bounds.discharge(), 0.5, d.wear_cost);
    const At b = system.variable(bounds.stored(t), 0.5, 0.0);
    if (g.index >= 0) {
      system.row({{g, 1.0}, {peak, -1.0}, {system.slack(0.4 * d.grid_max), 1.0}}, 0.0, scale);
    }
    if (bounds.reserve(t).open()) {
      const double room = 0.5 * (bounds.stored(t).low + bounds.stored(t).high) - d.battery_min;
      const double start = std::min(0.5 * bounds.reserve(t).high, 0.5 * room);
      const At e =
          system.variable(bounds.reserve(t), start / bounds.reserve(t).high, -d.reserve_price[t]);
      system.row({{e, 1.0}, {b, -1.0}, {system.slack(room - start), 1.0}}, -d.battery_min, scale);
    }
    if (b.index >= 0 || c.index >= 0 || x.index >= 0) {
      system.row({{b, 1.0}, {before, -1.0}, {c, -d.efficiency}, {x, 1.0 / d.efficiency}}, 0.0,
                 d.p2p_price);
    }
    before = b;
    energy.emplace_back(l, -1.0);
    needed += d.flexible_reference[t];
    trade[t] = {{l, 1.0}, {c, 1.0}, {g, -1.0}, {r, -1.0}, {x, -1.0}};
    for (const auto& [at, factor] : trade[t]) system.push(at, factor * price[t]);
  }
  if (std::any_of(energy.begin(), energy.end(), [](const auto& e) { return e.first.index >= 0; })) {
    system.row(energy, -needed, d.p2p_price);
  }
  const MatrixXd k = system.matrix();
  MatrixXd sides = MatrixXd::Zero(k.rows(), T + 1);
  MatrixXd picks = MatrixXd::Zero(T, k.rows());
  DenseNewton out{VectorXd::Zero(T), {}};
  for (Index t = 0; t < T; ++t) {
    out.supply(t) = d.inflexible[t];
    for (const auto& [at, factor] : trade[static_cast<std::size_t>(t)]) {
      out.supply(t) += factor * at.value;
      if (at.index < 0) continue;
      sides(at.index, t) = -factor;
      picks(t, at.index) = factor;
    }
  }
  sides.col(T) = system.right();
  if (k.rows() == 0) {  // nothing is left to choose
    out.response = MatrixXd::Zero(T, T);
    return out;
  }
  const MatrixXd steps = picks * k.fullPivLu().solve(sides);
  out.response = -steps.leftCols(T);
  out.supply += steps.col(T);
  return out;
}

}  // namespace gridtally::reference
