#include "qp/dense_reference.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <limits>
#include <utility>

namespace gridtally::qp {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

// min ½ x'Px + q'x + constant over Ax = b, Gx ≤ h.
struct Dense {
  Matrix P, A, G;
  Vector q, b, h;
  double constant = 0.0;
  Eigen::Index equations = 0;
  Eigen::Index inequalities = 0;

  explicit Dense(std::size_t slots) {
    const auto T = static_cast<Eigen::Index>(slots);
    const Eigen::Index n = 9 * T + 1;
    P = Matrix::Zero(n, n);
    q = Vector::Zero(n);
    A = Matrix::Zero(9 * T + 2, n);
    b = Vector::Zero(9 * T + 2);
    G = Matrix::Zero(18 * T + 2, n);
    h = Vector::Zero(18 * T + 2);
  }

  void equal(std::initializer_list<std::pair<Eigen::Index, double>> terms, double right) {
    for (const auto& [i, factor] : terms) A(equations, i) = factor;
    b(equations++) = right;
  }
  void at_most(std::initializer_list<std::pair<Eigen::Index, double>> terms, double right) {
    for (const auto& [i, factor] : terms) G(inequalities, i) = factor;
    h(inequalities++) = right;
  }
  // An interval of one point is an equation: the inequalities keep an interior.
  void within(Eigen::Index i, double low, double high) {
    if (!(high > low)) return equal({{i, 1.0}}, low);
    at_most({{i, -1.0}}, -low);
    at_most({{i, 1.0}}, high);
  }
};

Dense dense_problem(const Day& day) {
  const DayProblem& d = day.problem;
  const auto T = static_cast<Eigen::Index>(d.slots);
  enum { g, r, l, c, discharge, stored, e, s };
  const auto at = [T](int variable, Eigen::Index t) { return variable * T + t; };
  const Eigen::Index peak = 8 * T;
  Dense out(d.slots);
  double energy = 0.0;
  for (Eigen::Index t = 0; t < T; ++t) {
    const auto i = static_cast<std::size_t>(t);
    const double floor = t + 1 == T ? std::max(d.battery_min, d.battery_end) : d.battery_min;
    const bool battery = d.battery_max > d.battery_min;
    out.within(at(g, t), 0.0, d.grid_max);
    out.within(at(r, t), 0.0, d.renewable[t]);
    out.within(at(l, t), d.flexible_min[t], d.flexible_max[t]);
    out.within(at(c, t), 0.0, battery ? d.charge_max : 0.0);
    out.within(at(discharge, t), 0.0, battery ? d.discharge_max : 0.0);
    if (battery) out.within(at(stored, t), floor, d.battery_max);
    out.within(at(e, t), 0.0, battery ? d.discharge_max : 0.0);
    if (battery) out.at_most({{at(e, t), 1.0}, {at(stored, t), -1.0}}, -d.battery_min);
    if (d.grid_max > 0.0) out.at_most({{at(g, t), 1.0}, {peak, -1.0}}, 0.0);
    out.equal({{at(r, t), 1.0},
               {at(g, t), 1.0},
               {at(discharge, t), 1.0},
               {at(s, t), 1.0},
               {at(l, t), -1.0},
               {at(c, t), -1.0}},
              d.inflexible[t]);
    out.equal(
        {{at(stored, t), 1.0}, {at(c, t), -d.efficiency}, {at(discharge, t), 1.0 / d.efficiency}},
        t == 0 ? d.battery_start : 0.0);
    if (t > 0) out.A(out.equations - 1, at(stored, t - 1)) = -1.0;
    out.q(at(g, t)) = d.grid_price[t];
    out.q(at(c, t)) = out.q(at(discharge, t)) = d.wear_cost;
    out.q(at(e, t)) = -d.reserve_price[t];
    out.q(at(l, t)) = -2.0 * d.discomfort_weight * d.flexible_reference[t];
    out.P(at(l, t), at(l, t)) = 2.0 * d.discomfort_weight;
    out.q(at(s, t)) = d.p2p_price - day.target[i] / day.compliance;
    out.P(at(s, t), at(s, t)) = 1.0 / day.compliance;
    out.constant += d.discomfort_weight * d.flexible_reference[t] * d.flexible_reference[t] +
                    0.5 * day.target[i] * day.target[i] / day.compliance;
    energy += d.flexible_reference[t];
  }
  out.at_most({}, 1.0);  // 0 ≤ 1: a day without any choice has one inequality too
  out.q(peak) = d.peak_price;
  out.within(peak, 0.0, d.grid_max);
  for (Eigen::Index t = 0; t < T; ++t) out.A(out.equations, at(l, t)) = 1.0;
  out.b(out.equations++) = energy;
  return out;
}

double longest_step(const Vector& x, const Vector& step) {
  double alpha = 1.0;
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    if (step(i) < 0.0) alpha = std::min(alpha, -0.99 * x(i) / step(i));
  }
  return alpha;
}

// Primal-dual path following, every Newton system solved dense with full pivoting by columns, which
// forgives equations that say the same twice.
double minimum(Dense problem) {
  const Eigen::Index n = 8 * ((problem.P.rows() - 1) / 9) + 1;
  const Matrix P = problem.P.topLeftCorner(n, n);
  const Matrix A = problem.A.topLeftCorner(problem.equations, n);
  const Matrix G = problem.G.topLeftCorner(problem.inequalities, n);
  const Vector q = problem.q.head(n);
  const Vector b = problem.b.head(problem.equations);
  const Vector h = problem.h.head(problem.inequalities);
  const Eigen::Index m = A.rows();
  const auto k = static_cast<double>(G.rows());
  Vector x = Vector::Zero(n);
  Vector y = Vector::Zero(m);
  Vector slack = Vector::Constant(G.rows(), std::max(1.0, h.cwiseAbs().maxCoeff()));
  Vector z = Vector::Constant(G.rows(), std::max(1.0, q.cwiseAbs().maxCoeff()));
  const double scale = slack(0) * z(0);
  for (int round = 0; round < 200; ++round) {
    const Vector dual = P * x + q + A.transpose() * y + G.transpose() * z;
    const Vector equal = A * x - b;
    const Vector below = G * x + slack - h;
    const double mu = slack.dot(z) / k;
    const bool feasible = equal.cwiseAbs().maxCoeff() + below.cwiseAbs().maxCoeff() < 1e-9 * k &&
                          dual.cwiseAbs().maxCoeff() < 1e-7 * (1.0 + q.cwiseAbs().maxCoeff());
    if (mu < 1e-11 * scale && feasible) return 0.5 * x.dot(P * x) + q.dot(x) + problem.constant;
    const Vector weight = z.cwiseQuotient(slack);
    const Vector target =
        (Vector::Constant(G.rows(), 0.1 * mu) - slack.cwiseProduct(z)).cwiseQuotient(slack);
    Matrix system = Matrix::Zero(n + m, n + m);
    system.topLeftCorner(n, n) = P + G.transpose() * weight.asDiagonal() * G;
    system.topRightCorner(n, m) = A.transpose();
    system.bottomLeftCorner(m, n) = A;
    Vector right(n + m);
    right.head(n) = -dual - G.transpose() * (target + weight.cwiseProduct(below));
    right.tail(m) = -equal;
    const Vector step = system.colPivHouseholderQr().solve(right);
    const Vector dx = step.head(n);
    const Vector dslack = -below - G * dx;
    const Vector dz = target - weight.cwiseProduct(dslack);
    const double alpha = std::min(longest_step(slack, dslack), longest_step(z, dz));
    x += alpha * dx;
    y += alpha * step.tail(m);
    slack += alpha * dslack;
    z += alpha * dz;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double dense_proximal_optimum(const Day& day) { return minimum(dense_problem(day)); }

}  // namespace gridtally::qp
