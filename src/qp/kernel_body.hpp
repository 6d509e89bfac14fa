// The batch interior-point method, for W problems side by side. Included once by each kernel_W.cpp.
//
// Problem (model.md 1), per slot t, multipliers in brackets:
//   min Σ α g + β y + ω Σ (l − L_ref)² + κ Σ (c + d) − Σ π_as e + net-trade term
//   r + g + d + s = l + L_if + c              [p]      s = A + φ (p − π)
//   b_t = b_{t−1} + η c − d/η                 [μ_t]    Σ l = E  [ν]
//   y − g ≥ 0 [ζ]   b − b_min − e ≥ 0 [ξ]     bounds on every variable [z]
// Newton step: each variable is eliminated through its own weight H, then p through the slot's
// balance, which leaves, with S and f as computed below,
//   db_t − db_{t−1} − S_t dμ_t = f_t,   H̃_t db_t + dμ_t − dμ_{t+1} = ρ̃_t
// a tridiagonal system, solved in covariance form (db_t = m_t + Q_t dμ_{t+1}, Q ≥ 0: sums of
// positive numbers only, so weights of 10^±12 side by side do no harm), bordered by ν and y.
#pragma once

#include "qp/kernel.hpp"

namespace gridtally::qp::kernel {
namespace {

template <int W>
struct Lanes {
  // GCC takes the attribute with a dependent size in a typedef only.
  typedef double Vector __attribute__((vector_size(8 * W)));   // NOLINT(modernize-use-using)
  typedef long long Mask __attribute__((vector_size(8 * W)));  // NOLINT(modernize-use-using)
};

template <int W>
class Kernel {
  using V = typename Lanes<W>::Vector;
  using M = typename Lanes<W>::Mask;

 public:
  explicit Kernel(const Batch& batch)
      : T(batch.slots),
        mode_(batch.mode),
        slot_(reinterpret_cast<V*>(batch.slot)),
        lane_(reinterpret_cast<V*>(batch.lane)) {}

  void run() {
    constexpr int limit = 80;
    constexpr int patience = 20;  // rounds after which accuracy that rounding denies is given up
    // Smallest product of distance and multiplier aimed at. The proximal term keeps the problem
    // well conditioned further down, and its result feeds the next iterate.
    double goal = linear() ? 1e-12 : 1e-16;
    for (int round = 0;; ++round) {
      if (round > 2 * patience && goal < 1e-10) goal *= 4.0;
      residuals();
      stop_below(round <= patience ? 1e-12 : round <= 2 * patience ? 1e-11 : 1e-9, goal);
      if (round == limit) stop_below(1e-7, 1e-9);
      if (!any_alive() || round == limit) return;
      factor();
      aim(V{}, V{});
      solve();
      V alpha = step_length();
      const V sigma = centring(alpha);
      const V floor = broadcast(0.1 * goal) * at(price_scale) * at(energy_scale);
      // The second-order term helps only where the affine step went some way.
      aim(larger(sigma * mu_, floor), pick(alpha > broadcast(0.1), broadcast(1.0), V{}));
      solve();
      alpha = broadcast(0.995) * step_length();
      advance(pick(alpha < broadcast(1.0), alpha, broadcast(1.0)));
      at(rounds) += at(alive);
    }
  }

 private:
  static V broadcast(double value) { return V{} + value; }
  static V pick(M which, V yes, V no) { return which ? yes : no; }
  static V larger(V a, V b) { return pick(a > b, a, b); }
  static V magnitude(V a) { return pick(a < V{}, -a, a); }
  V* f(int field, int variable = 0) {
    return slot_ + static_cast<std::size_t>(field + variable) * T;
  }
  V& at(int field) { return lane_[field]; }
  [[nodiscard]] bool linear() const { return mode_ == Mode::linear; }
  [[nodiscard]] bool elastic_mode() const { return mode_ == Mode::fixed; }
  [[nodiscard]] int one_sided_used() const { return elastic_mode() ? one_sided : unserved; }

  // value − lower bound of a two-sided variable
  V value(int variable, std::size_t t) {
    return f(active_0, variable)[t] * f(lower_x_0, variable)[t];
  }
  V one_value(int variable, std::size_t t) {
    return f(one_active_0, variable)[t] * f(one_x_0, variable)[t];
  }

  void residuals() {
    worst_primal_ = worst_dual_ = gap_ = worst_product_ = V{};
    V excess = at(flexible_excess);
    V peak = at(peak_gradient) - at(peak_lower_z) + at(peak_upper_z);
    for (std::size_t t = 0; t < T; ++t) {
      balance_residual(t);
      dynamics_residual(t);
      dual_residuals(t);
      excess += value(flexible, t);
      peak -= f(one_z_0, below_peak)[t];
    }
    excess_ = at(flexible_active) * excess;
    peak_dual_ = at(peak_active) * peak;
    worst_primal_ = larger(worst_primal_, magnitude(excess_));
    worst_dual_ = larger(worst_dual_, magnitude(peak_dual_));
    note_product(at(peak_active) * at(peak_lower_x) * at(peak_lower_z));
    note_product(at(peak_active) * at(peak_upper_x) * at(peak_upper_z));
    mu_ = gap_ / at(products);
  }

  void note_product(V product) {
    gap_ += product;
    worst_product_ = larger(worst_product_, product);
  }

  void balance_residual(std::size_t t) {
    if (linear()) {
      f(balance)[t] = V{};
      return;
    }
    V trade = f(target)[t];
    if (mode_ == Mode::proximal) trade += at(compliance) * (f(price)[t] - at(p2p_price));
    V sum = f(supply)[t] + value(grid, t) + value(renewable, t) + value(discharge, t) + trade -
            value(flexible, t) - value(charge, t);
    if (elastic_mode()) sum += one_value(unserved, t) - one_value(spilled, t);
    f(balance)[t] = sum;
    worst_primal_ = larger(worst_primal_, magnitude(sum));
  }

  void dynamics_residual(std::size_t t) {
    const V before = t > 0 ? value(stored, t - 1) : V{};
    const V sum = f(stored_shift)[t] + value(stored, t) - before -
                  at(efficiency) * value(charge, t) + at(inverse_efficiency) * value(discharge, t);
    f(dynamics)[t] = sum;
    worst_primal_ = larger(worst_primal_, magnitude(sum));
  }

  void dual_residuals(std::size_t t) {
    const V p = f(price)[t];
    const V mu = f(battery_price)[t];
    const V next = t + 1 < T ? f(battery_price)[t + 1] : V{};
    const V zeta = f(one_z_0, below_peak)[t];
    const V xi = f(one_z_0, above_reserve)[t];
    store_dual(grid, t, zeta - p);
    store_dual(renewable, t, -p);
    store_dual(flexible, t, p - at(flexible_price));
    store_dual(charge, t, p - at(efficiency) * mu);
    store_dual(discharge, t, at(inverse_efficiency) * mu - p);
    store_dual(reserve, t, xi);
    store_dual(stored, t, mu - next - xi);
    for (int v = 0; v < one_sided_used(); ++v) {
      note_product(f(one_active_0, v)[t] * f(one_x_0, v)[t] * f(one_z_0, v)[t]);
    }
    if (!elastic_mode()) return;
    f(one_dual_0, unserved)[t] = at(penalty) - p - f(one_z_0, unserved)[t];
    f(one_dual_0, spilled)[t] = at(penalty) + p - f(one_z_0, spilled)[t];
    worst_dual_ = larger(worst_dual_, magnitude(f(one_dual_0, unserved)[t]));
    worst_dual_ = larger(worst_dual_, magnitude(f(one_dual_0, spilled)[t]));
  }

  void store_dual(int v, std::size_t t, V coupling) {
    const V zl = f(lower_z_0, v)[t];
    const V zu = f(upper_z_0, v)[t];
    const V sum = f(active_0, v)[t] *
                  (f(gradient_0, v)[t] + curvature_of(v) * f(lower_x_0, v)[t] + coupling - zl + zu);
    f(dual_0, v)[t] = sum;
    worst_dual_ = larger(worst_dual_, magnitude(sum));
    note_product(f(active_0, v)[t] * f(lower_x_0, v)[t] * zl);
    note_product(f(active_0, v)[t] * f(upper_x_0, v)[t] * zu);
  }

  // Second derivative of the cost: 2ω of the flexible load; of the others but the level, the tie
  // break among optimal schedules.
  V curvature_of(int v) {
    if (v == flexible) return at(curvature);
    return v == stored ? V{} : at(tie_break);
  }

  // A lane is done when its residuals and every complementarity product are small enough.
  void stop_below(double residual, double product) {
    const V tight = broadcast(residual);
    const M done = (worst_primal_ <= tight * at(energy_scale)) &
                   (worst_dual_ <= tight * at(price_scale)) &
                   (worst_product_ <= broadcast(product) * at(price_scale) * at(energy_scale));
    at(alive) = pick(done, V{}, at(alive));
  }

  bool any_alive() {
    for (int i = 0; i < W; ++i) {
      if (at(alive)[i] != 0.0) return true;
    }
    return false;
  }

  // H of each variable and its inverse, the slot's elastic factor k, S, and the tridiagonal
  // factors.
  void factor() {
    V cover_before = V{};
    peak_weight_ = at(peak_lower_z) / at(peak_lower_x) + at(peak_upper_z) / at(peak_upper_x);
    for (std::size_t t = 0; t < T; ++t) {
      weights(t);
      eliminate_slot(t);
      const V c = f(inertia)[t] + cover_before;
      f(cover)[t] = c;
      f(shrink)[t] = broadcast(1.0) / (broadcast(1.0) + c * f(stiffness)[t]);
      cover_before = f(active_0, stored)[t] * c * f(shrink)[t];
    }
    border();
  }

  void weights(std::size_t t) {
    for (int v = 0; v < one_sided_used(); ++v) {
      f(one_inverse_0, v)[t] = broadcast(1.0) / f(one_x_0, v)[t];
    }
    const V w1 = f(one_z_0, below_peak)[t] * f(one_inverse_0, below_peak)[t];
    const V w2 = f(one_z_0, above_reserve)[t] * f(one_inverse_0, above_reserve)[t];
    for (int v = 0; v < two_sided; ++v) {
      V h = f(lower_z_0, v)[t] / f(lower_x_0, v)[t] + f(upper_z_0, v)[t] / f(upper_x_0, v)[t];
      h += curvature_of(v);
      f(weight_0, v)[t] = h;
      if (v == grid) h += w1;
      if (v == reserve) h += w2;
      const V on = f(active_0, v)[t];
      f(inverse_0, v)[t] = on / pick(on > V{}, h, broadcast(1.0));
    }
    f(stiffness)[t] =
        f(weight_0, stored)[t] + w2 * f(weight_0, reserve)[t] * f(inverse_0, reserve)[t];
  }

  void eliminate_slot(std::size_t t) {
    const V c = f(inverse_0, charge)[t];
    const V d = f(inverse_0, discharge)[t];
    const V l = f(inverse_0, flexible)[t];
    V rest = f(inverse_0, grid)[t] + f(inverse_0, renewable)[t];
    if (mode_ == Mode::proximal) rest += at(compliance);
    if (elastic_mode()) {
      rest += f(one_x_0, unserved)[t] / f(one_z_0, unserved)[t] +
              f(one_x_0, spilled)[t] / f(one_z_0, spilled)[t];
    }
    const V eta = at(efficiency);
    const V inverse = at(inverse_efficiency);
    const V k = linear() ? V{} : broadcast(1.0) / (rest + l + c + d);
    const V share = linear() ? broadcast(1.0) : k * (rest + l);
    const V twist = eta - inverse;
    f(elastic)[t] = k;
    f(transfer)[t] = d * inverse + c * eta;
    f(inertia)[t] = c * d * twist * twist * k + (c * eta * eta + d * inverse * inverse) * share;
    f(flex_p)[t] = linear() ? broadcast(1.0) : k * (rest + c + d);  // 1 − k L, made into dp below
  }

  // Responses of the system to dν and dy, and the 2×2 system that couples them.
  void border() {
    for (std::size_t t = 0; t < T; ++t) {
      const V reach = -f(elastic)[t] * f(transfer)[t];
      f(flex_mu)[t] = reach * f(inverse_0, flexible)[t];
      f(peak_mu)[t] = reach * -peak_pull(t);
    }
    sweep(flex_mu, flex_mean, -1);
    sweep(peak_mu, peak_mean, -1);
    m11_ = m12_ = m21_ = V{};
    m22_ = peak_weight_;
    for (std::size_t t = 0; t < T; ++t) {
      const V l = f(inverse_0, flexible)[t];
      const V k = f(elastic)[t];
      const V pull = peak_pull(t);
      m11_ += l * (f(flex_p)[t] - k * f(transfer)[t] * f(flex_mu)[t]);
      f(flex_p)[t] = k * (f(transfer)[t] * f(flex_mu)[t] + l);
      f(peak_p)[t] = k * (f(transfer)[t] * f(peak_mu)[t] - pull);
      m12_ -= l * f(peak_p)[t];
      m21_ -= pull * f(flex_p)[t];
      m22_ += pull * (f(weight_0, grid)[t] - f(peak_p)[t]);
    }
    const M flex = at(flexible_active) > V{};
    const M peak = at(peak_active) > V{};
    m11_ = pick(flex, m11_, broadcast(1.0));
    m12_ = pick(flex & peak, m12_, V{});
    m21_ = pick(flex & peak, m21_, V{});
    m22_ = pick(peak, m22_, broadcast(1.0));
  }

  // w₁/(H_g + w₁): how far dg follows dy.
  V peak_pull(std::size_t t) {
    return f(one_z_0, below_peak)[t] * f(one_inverse_0, below_peak)[t] * f(inverse_0, grid)[t];
  }

  // Solves the tridiagonal system for one right-hand side: f in `mu_field` (overwritten by dμ), ρ̃
  // in `rho_field` (−1: zero); leaves m in `mean_field`.
  void sweep(int mu_field, int mean_field, int rho_field) {
    V* mu = f(mu_field);
    V* m = f(mean_field);
    V before = V{};
    for (std::size_t t = 0; t < T; ++t) {
      const V right = rho_field < 0 ? V{} : f(rho_field)[t];
      f(arrival)[t] = before + mu[t];
      before = f(active_0, stored)[t] * (f(arrival)[t] + f(cover)[t] * right) * f(shrink)[t];
      m[t] = before;
    }
    V next = V{};
    for (std::size_t t = T; t-- > 0;) {
      const V right = rho_field < 0 ? V{} : f(rho_field)[t];
      const V a = f(arrival)[t];
      const V c = f(cover)[t];
      const V free = (right + next - f(stiffness)[t] * a) * f(shrink)[t];
      const V held = pick(c > V{}, -a / pick(c > V{}, c, broadcast(1.0)), V{});
      next = pick(f(active_0, stored)[t] > V{}, free, held);
      mu[t] = next;
    }
  }

  // Right-hand sides for the complementarity target `centre`, with `second` times Mehrotra's
  // second-order term of the step before.
  void aim(V centre, V second) {
    centre_ = centre;
    second_ = second;
    for (std::size_t t = 0; t < T; ++t) {
      for (int v = 0; v < two_sided; ++v) {
        const V on = f(active_0, v)[t];
        const V xl = f(lower_x_0, v)[t];
        const V xu = f(upper_x_0, v)[t];
        const V dx = f(step_0, v)[t];
        const V low = on * (centre - second * dx * f(lower_dz_0, v)[t]) - xl * f(lower_z_0, v)[t];
        const V high = on * (centre + second * dx * f(upper_dz_0, v)[t]) - xu * f(upper_z_0, v)[t];
        f(lower_dz_0, v)[t] = low;
        f(upper_dz_0, v)[t] = high;
        f(rho_0, v)[t] = low / xl - high / xu - f(dual_0, v)[t];
      }
      for (int v = 0; v < one_sided_used(); ++v) {
        f(one_dz_0, v)[t] =
            f(one_active_0, v)[t] * (centre - second * f(one_step_0, v)[t] * f(one_dz_0, v)[t]) -
            f(one_x_0, v)[t] * f(one_z_0, v)[t];
      }
    }
    peak_low_ = centre - second * peak_step_ * peak_lower_dz_ - at(peak_lower_x) * at(peak_lower_z);
    peak_high_ =
        centre + second * peak_step_ * peak_upper_dz_ - at(peak_upper_x) * at(peak_upper_z);
    peak_rho_ = peak_low_ / at(peak_lower_x) - peak_high_ / at(peak_upper_x) - peak_dual_;
    fold_one_sided();
  }

  // Moves the one-sided variables' terms into the right-hand sides of the variables they join.
  void fold_one_sided() {
    for (std::size_t t = 0; t < T; ++t) {
      const V below = f(one_dz_0, below_peak)[t] * f(one_inverse_0, below_peak)[t];
      const V above = f(one_dz_0, above_reserve)[t] * f(one_inverse_0, above_reserve)[t];
      const V w2 = f(one_z_0, above_reserve)[t] * f(one_inverse_0, above_reserve)[t];
      f(rho_0, grid)[t] -= below;
      peak_rho_ += below;
      f(rho_0, reserve)[t] -= above;
      f(rho_0, stored)[t] += above + w2 * f(rho_0, reserve)[t] * f(inverse_0, reserve)[t];
    }
  }

  void solve() {
    V b1 = -excess_;
    V b2 = peak_rho_;
    for (std::size_t t = 0; t < T; ++t) {
      const V c = f(inverse_0, charge)[t] * f(rho_0, charge)[t];
      const V d = f(inverse_0, discharge)[t] * f(rho_0, discharge)[t];
      V h = f(balance)[t] + f(inverse_0, grid)[t] * f(rho_0, grid)[t] +
            f(inverse_0, renewable)[t] * f(rho_0, renewable)[t] + d -
            f(inverse_0, flexible)[t] * f(rho_0, flexible)[t] - c;
      if (elastic_mode()) h += elastic_push(unserved, t) - elastic_push(spilled, t);
      f(price_step)[t] = -f(elastic)[t] * h;
      f(battery_step)[t] = f(elastic)[t] * f(transfer)[t] * h - f(dynamics)[t] +
                           at(efficiency) * c - at(inverse_efficiency) * d;
    }
    sweep(battery_step, mean, static_cast<int>(rho_0) + static_cast<int>(stored));
    for (std::size_t t = 0; t < T; ++t) {
      f(price_step)[t] += f(elastic)[t] * f(transfer)[t] * f(battery_step)[t];
      b1 -= f(inverse_0, flexible)[t] * (f(rho_0, flexible)[t] - f(price_step)[t]);
      b2 += peak_pull(t) * (f(rho_0, grid)[t] + f(price_step)[t]);
    }
    b1 = at(flexible_active) * b1;
    b2 = at(peak_active) * b2;
    const V determinant = m11_ * m22_ - m12_ * m21_;
    flexible_step_ = (b1 * m22_ - m12_ * b2) / determinant;
    peak_step_ = (m11_ * b2 - m21_ * b1) / determinant;
    for (std::size_t t = T; t-- > 0;) expand(t);
    peak_lower_dz_ = (peak_low_ - at(peak_lower_z) * peak_step_) / at(peak_lower_x);
    peak_upper_dz_ = (peak_high_ + at(peak_upper_z) * peak_step_) / at(peak_upper_x);
  }

  // dx of an unserved or spilled energy before the price moves: (x/z)·ρ.
  V elastic_push(int v, std::size_t t) {
    const V x = f(one_x_0, v)[t];
    const V rho = f(one_dz_0, v)[t] / x - f(one_dual_0, v)[t];
    return x / f(one_z_0, v)[t] * rho;
  }

  // Steps of slot t's variables and multipliers, from dν, dy and the three sweeps.
  void expand(std::size_t t) {
    const V dv = flexible_step_;
    const V dy = peak_step_;
    const V dmu = f(battery_step)[t] + dv * f(flex_mu)[t] + dy * f(peak_mu)[t];
    const V dp = f(price_step)[t] + dv * f(flex_p)[t] + dy * f(peak_p)[t];
    const V next = t + 1 < T ? f(battery_step)[t + 1] : V{};  // already final: expanded downwards
    const V m = f(mean)[t] + dv * f(flex_mean)[t] + dy * f(peak_mean)[t];
    const V db = f(active_0, stored)[t] * (m + f(cover)[t] * f(shrink)[t] * next);
    f(battery_step)[t] = dmu;
    f(price_step)[t] = dp;
    const V w1 = f(one_z_0, below_peak)[t] * f(one_inverse_0, below_peak)[t];
    const V w2 = f(one_z_0, above_reserve)[t] * f(one_inverse_0, above_reserve)[t];
    set_step(grid, t, f(rho_0, grid)[t] + w1 * dy + dp);
    set_step(renewable, t, f(rho_0, renewable)[t] + dp);
    set_step(flexible, t, f(rho_0, flexible)[t] - dp + dv);
    set_step(charge, t, f(rho_0, charge)[t] - dp + at(efficiency) * dmu);
    set_step(discharge, t, f(rho_0, discharge)[t] + dp - at(inverse_efficiency) * dmu);
    set_step(reserve, t, f(rho_0, reserve)[t] + w2 * db);
    f(step_0, stored)[t] = db;
    V du = V{};
    V ds = V{};
    if (elastic_mode()) {
      du = elastic_push(unserved, t) + elastic_give(unserved, t) * dp;
      ds = elastic_push(spilled, t) - elastic_give(spilled, t) * dp;
    }
    const V slip = -f(elastic)[t] * balance_slip(t, dp, du - ds);
    f(price_step)[t] = dp + slip;
    correct(grid, t, slip);
    correct(renewable, t, slip);
    correct(flexible, t, -slip);
    correct(charge, t, -slip);
    correct(discharge, t, slip);
    for (int v = 0; v < two_sided; ++v) multiplier_steps(v, t);
    set_one(below_peak, t, f(one_active_0, below_peak)[t] * (dy - f(step_0, grid)[t]));
    set_one(above_reserve, t, f(one_active_0, above_reserve)[t] * (db - f(step_0, reserve)[t]));
    if (!elastic_mode()) return;
    set_one(unserved, t, du + elastic_give(unserved, t) * slip);
    set_one(spilled, t, ds - elastic_give(spilled, t) * slip);
  }

  // What rounding left of the slot's linearised balance. A variable far from its bounds has an
  // inverse weight of 10^12, which turns the last bit of dp into its fifth digit: one correction of
  // dp through the same weights removes that.
  V balance_slip(std::size_t t, V dp, V elastic_steps) {
    V sum = f(balance)[t] + f(step_0, grid)[t] + f(step_0, renewable)[t] + f(step_0, discharge)[t] -
            f(step_0, flexible)[t] - f(step_0, charge)[t];
    if (mode_ == Mode::proximal) sum += at(compliance) * dp;
    return sum + elastic_steps;
  }

  void correct(int v, std::size_t t, V slip) { f(step_0, v)[t] += f(inverse_0, v)[t] * slip; }

  V elastic_give(int v, std::size_t t) { return f(one_x_0, v)[t] / f(one_z_0, v)[t]; }

  void set_step(int v, std::size_t t, V push) { f(step_0, v)[t] = f(inverse_0, v)[t] * push; }

  // dz from the linearised complementarity; its right-hand side waits in the dz arrays.
  void multiplier_steps(int v, std::size_t t) {
    const V dx = f(step_0, v)[t];
    V& low = f(lower_dz_0, v)[t];
    V& high = f(upper_dz_0, v)[t];
    low = (low - f(lower_z_0, v)[t] * dx) / f(lower_x_0, v)[t];
    high = (high + f(upper_z_0, v)[t] * dx) / f(upper_x_0, v)[t];
  }

  void set_one(int v, std::size_t t, V dx) {
    f(one_step_0, v)[t] = dx;
    V& dz = f(one_dz_0, v)[t];
    dz = (dz - f(one_z_0, v)[t] * dx) * f(one_inverse_0, v)[t];
  }

  // Largest step in [0, 1] that keeps every distance and multiplier nonnegative.
  V step_length() {
    V worst = broadcast(1.0);
    poison_ = V{};
    for (std::size_t t = 0; t < T; ++t) {
      for (int v = 0; v < two_sided; ++v) {
        const V dx = f(step_0, v)[t];
        poison_ += V{} * (dx + f(lower_dz_0, v)[t] + f(upper_dz_0, v)[t]);
        worst = larger(worst, -dx / f(lower_x_0, v)[t]);
        worst = larger(worst, dx / f(upper_x_0, v)[t]);
        worst = larger(worst, shrinkage(f(lower_z_0, v)[t], f(lower_dz_0, v)[t]));
        worst = larger(worst, shrinkage(f(upper_z_0, v)[t], f(upper_dz_0, v)[t]));
      }
      for (int v = 0; v < one_sided_used(); ++v) {
        worst = larger(worst, -f(one_step_0, v)[t] / f(one_x_0, v)[t]);
        worst = larger(worst, shrinkage(f(one_z_0, v)[t], f(one_dz_0, v)[t]));
      }
    }
    worst = larger(worst, at(peak_active) * -peak_step_ / at(peak_lower_x));
    worst = larger(worst, at(peak_active) * peak_step_ / at(peak_upper_x));
    worst = larger(worst, at(peak_active) * shrinkage(at(peak_lower_z), peak_lower_dz_));
    worst = larger(worst, at(peak_active) * shrinkage(at(peak_upper_z), peak_upper_dz_));
    return broadcast(1.0) / worst;
  }

  // −dz/z, and 0 where the multiplier is absent.
  static V shrinkage(V z, V dz) {
    return pick(z > V{}, -dz / pick(z > V{}, z, broadcast(1.0)), V{});
  }

  // Mehrotra's σ = (μ_affine/μ)³.
  V centring(V alpha) {
    V after = V{};
    for (std::size_t t = 0; t < T; ++t) {
      for (int v = 0; v < two_sided; ++v) {
        const V on = f(active_0, v)[t];
        const V dx = alpha * f(step_0, v)[t];
        after +=
            on * ((f(lower_x_0, v)[t] + dx) * (f(lower_z_0, v)[t] + alpha * f(lower_dz_0, v)[t]) +
                  (f(upper_x_0, v)[t] - dx) * (f(upper_z_0, v)[t] + alpha * f(upper_dz_0, v)[t]));
      }
      for (int v = 0; v < one_sided_used(); ++v) {
        after += f(one_active_0, v)[t] * (f(one_x_0, v)[t] + alpha * f(one_step_0, v)[t]) *
                 (f(one_z_0, v)[t] + alpha * f(one_dz_0, v)[t]);
      }
    }
    const V dy = alpha * peak_step_;
    after +=
        at(peak_active) * ((at(peak_lower_x) + dy) * (at(peak_lower_z) + alpha * peak_lower_dz_) +
                           (at(peak_upper_x) - dy) * (at(peak_upper_z) + alpha * peak_upper_dz_));
    const V ratio = after / pick(gap_ > V{}, gap_, broadcast(1.0));
    return ratio * ratio * ratio;
  }

  // Frozen lanes, and lanes whose step is not finite, keep their values bit for bit.
  void move(V& x, V step) { x = pick((at(alive) > V{}) & (poison_ == V{}), x + step, x); }

  void advance(V alpha) {
    for (std::size_t t = 0; t < T; ++t) {
      for (int v = 0; v < two_sided; ++v) {
        const V dx = alpha * f(step_0, v)[t];
        move(f(lower_x_0, v)[t], dx);
        move(f(upper_x_0, v)[t], -dx);
        move(f(lower_z_0, v)[t], alpha * f(lower_dz_0, v)[t]);
        move(f(upper_z_0, v)[t], alpha * f(upper_dz_0, v)[t]);
      }
      for (int v = 0; v < one_sided_used(); ++v) {
        move(f(one_x_0, v)[t], alpha * f(one_step_0, v)[t]);
        move(f(one_z_0, v)[t], alpha * f(one_dz_0, v)[t]);
      }
      if (!linear()) move(f(price)[t], alpha * f(price_step)[t]);
      move(f(battery_price)[t], alpha * f(battery_step)[t]);
    }
    const V on = at(peak_active);
    move(at(peak_lower_x), on * alpha * peak_step_);
    move(at(peak_upper_x), -on * alpha * peak_step_);
    move(at(peak_lower_z), on * alpha * peak_lower_dz_);
    move(at(peak_upper_z), on * alpha * peak_upper_dz_);
    move(at(flexible_price), at(flexible_active) * alpha * flexible_step_);
  }

  std::size_t T;
  Mode mode_;
  V* slot_;
  V* lane_;
  V worst_primal_{}, worst_dual_{}, worst_product_{}, gap_{}, mu_{};
  V excess_{}, peak_dual_{}, peak_weight_{}, peak_rho_{}, peak_low_{}, peak_high_{};
  V m11_{}, m12_{}, m21_{}, m22_{};
  V centre_{}, second_{};
  V poison_{};  // 0, or NaN where a step is not finite
  V flexible_step_{}, peak_step_{}, peak_lower_dz_{}, peak_upper_dz_{};
};

}  // namespace
}  // namespace gridtally::qp::kernel
