// One prosumer's block of the community's Newton step, for four prosumers side by side. Included
// once by each block_kernel_*.cpp.
//
// Given prices p = π + q the prosumer's problem (model.md 1) is, multipliers in brackets:
//   min Σ α g + β y + ω Σ (l − L_ref)² + κ Σ (c + d) − Σ π_as e + Σ p s
//   s = l + L_if + c − g − r − d
//   b_t = b_{t−1} + η c − d/η  [μ_t]    Σ l = E  [ν]
//   y − g ≥ 0 [ζ]   b − b_min − e ≥ 0 [ξ]     bounds on every variable [z]
// Each variable goes through its own weight H = z_l/x_l + z_u/x_u + curvature; what remains is ν, y
// and, with V = 1/H̃_b, tr = η/H_c + 1/(η H_d), S = η²/H_c + 1/(η² H_d),
//   M dμ = tr∘dp + …,   M = S + D V Dᵀ  (D: difference of neighbours; M tridiagonal)
// so that the net trade answers prices by
//   −∂s/∂p = diag(Σ_v 1/H_v) − ll'/Σl − tr M⁻¹ tr + pull pull'/W_y
// with l = 1/H_l and pull_t = w_ζ/H_g, how far g follows y. M = L D L' is factorised with
// positive sums only, and M⁻¹ follows from M⁻¹_tt = 1/d_t + g_t² M⁻¹_{t+1,t+1}, M⁻¹_ij = g_j
// M⁻¹_{i,j+1}, g_t = V_t/d_t.
#pragma once

#include "reference/block_fields.hpp"

namespace gridtally::reference::block {
namespace {

using V = double __attribute__((vector_size(8 * lanes)));
using M = long long __attribute__((vector_size(8 * lanes)));

class Elimination {
 public:
  explicit Elimination(const Batch& batch)
      : T(batch.slots),
        price_(batch.price),
        grid_price_(batch.grid_price),
        reserve_price_(batch.reserve_price),
        slot_(reinterpret_cast<V*>(batch.slot)),
        lane_(reinterpret_cast<V*>(batch.lane)),
        work_(reinterpret_cast<V*>(batch.work)) {}

  void advance(double alpha) {
    for (std::size_t t = 0; t < T; ++t) {
      for (int v = 0; v < variables; ++v) {
        const V dx = alpha * s(step_0, v)[t];
        s(lower_x_0, v)[t] += dx;
        s(upper_x_0, v)[t] -= dx;
        s(lower_z_0, v)[t] += alpha * s(lower_dz_0, v)[t];
        s(upper_z_0, v)[t] += alpha * s(upper_dz_0, v)[t];
      }
      for (int v = 0; v < slacks; ++v) {
        s(slack_x_0, v)[t] += alpha * s(slack_step_0, v)[t];
        s(slack_z_0, v)[t] += alpha * s(slack_dz_0, v)[t];
      }
      s(battery_price)[t] += alpha * s(battery_step)[t];
    }
    at(peak_lower_x) += alpha * at(peak_step);
    at(peak_upper_x) -= alpha * at(peak_step);
    at(peak_lower_z) += alpha * at(peak_lower_dz);
    at(peak_upper_z) += alpha * at(peak_upper_dz);
    at(flexible_price) += alpha * at(flexible_step);
  }

  void respond(Aim aim, const Responses& out) {
    prepare();
    set_aim(aim);
    right_hand_sides();
    solve();
    V* trade = reinterpret_cast<V*>(out.net_trade);
    V* supply = reinterpret_cast<V*>(out.supply);
    for (std::size_t t = 0; t < T; ++t) {
      const V now = net_trade(t);
      trade[t] += now;
      supply[t] += now + net_trade_step(t);
    }
    if (out.response != nullptr) add_response(reinterpret_cast<V*>(out.response));
    reinterpret_cast<V*>(out.gap)[0] += gap_;
    V* residuals = reinterpret_cast<V*>(out.residuals);
    residuals[0] = larger(residuals[0], worst_primal_ * at(per_energy));
    residuals[1] = larger(residuals[1], worst_dual_ * at(per_price));
  }

  void move(const double* dp, const Motion& out) {
    prepare();
    answer(dp);
    for (std::size_t t = 0; t < T; ++t) multiplier_steps(t);
    peak_multiplier_steps();
    V* worst = reinterpret_cast<V*>(out.worst);
    worst[0] = larger(worst[0], worst_);
    V* products = reinterpret_cast<V*>(out.products);
    products[0] += linear_;
    products[1] += quadratic_;
    V* supply = reinterpret_cast<V*>(out.supply);
    for (std::size_t t = 0; t < T; ++t) supply[t] += net_trade(t) + net_trade_step(t);
  }

 private:
  static V broadcast(double value) { return V{} + value; }
  static V pick(M which, V yes, V no) { return which ? yes : no; }
  static V larger(V a, V b) { return pick(a > b, a, b); }
  static V magnitude(V a) { return pick(a < V{}, -a, a); }
  // a/b where b > 0, else 0.
  static V ratio(V a, V b) {
    const M sound = b > V{};
    return pick(sound, a / pick(sound, b, broadcast(1.0)), V{});
  }
  V* s(int field, int variable = 0) {
    return slot_ + static_cast<std::size_t>(field + variable) * T;
  }
  V* w(int field, int variable = 0) {
    return work_ + static_cast<std::size_t>(field + variable) * T;
  }
  V& at(int field) { return lane_[field]; }
  M active(int v, std::size_t t) { return s(lower_z_0, v)[t] > V{}; }
  M peak_active() { return at(peak_lower_z) > V{}; }

  // Value above the lower bound.
  V value(int v, std::size_t t) { return pick(active(v, t), s(lower_x_0, v)[t], V{}); }

  V net_trade(std::size_t t) {
    return (s(demand)[t] + value(flexible, t) + value(charge, t)) -
           (value(grid, t) + value(renewable, t) + value(discharge, t));
  }
  V net_trade_step(std::size_t t) {
    return (s(step_0, flexible)[t] + s(step_0, charge)[t]) -
           (s(step_0, grid)[t] + s(step_0, renewable)[t] + s(step_0, discharge)[t]);
  }

  // Residuals, weights and factors at the present point.
  void prepare() {
    gap_ = worst_primal_ = worst_dual_ = V{};
    excess_ = at(flexible_excess);
    peak_dual_ = at(peak_price) - at(peak_lower_z) + at(peak_upper_z);
    peak_weight_ = at(peak_lower_z) / at(peak_lower_x) + at(peak_upper_z) / at(peak_upper_x);
    flexible_weight_ = V{};
    before_ = V{};
    for (std::size_t t = 0; t < T; ++t) {
      residuals(t);
      weights(t);
    }
    excess_ = pick(flexible_weight_ > V{}, excess_, V{});
    peak_dual_ = pick(peak_active(), peak_dual_, V{});
    worst_primal_ = larger(worst_primal_, magnitude(excess_));
    worst_dual_ = larger(worst_dual_, magnitude(peak_dual_));
    gap_ += at(peak_lower_x) * at(peak_lower_z) + at(peak_upper_x) * at(peak_upper_z);
    peak_weight_ = pick(peak_active(), peak_weight_, broadcast(1.0));
  }

  void residuals(std::size_t t) {
    const V p = broadcast(price_[t]);
    const V mu = s(battery_price)[t];
    const V next = t + 1 < T ? s(battery_price)[t + 1] : V{};
    const V zeta = s(slack_z_0, below_peak)[t];
    const V xi = s(slack_z_0, above_reserve)[t];
    const V eta = at(efficiency);
    const V inverse = at(inverse_efficiency);
    const V level = value(stored, t);
    w(dynamics)[t] = s(stored_shift)[t] + level - (t > 0 ? value(stored, t - 1) : V{}) -
                     eta * value(charge, t) + inverse * value(discharge, t);
    worst_primal_ = larger(worst_primal_, magnitude(w(dynamics)[t]));
    excess_ += value(flexible, t);
    peak_dual_ -= zeta;
    store_dual(grid, t, broadcast(grid_price_[t]) + zeta - p);
    store_dual(renewable, t, -p);
    store_dual(flexible, t,
               s(flexible_gradient)[t] + at(curvature) * s(lower_x_0, flexible)[t] + p -
                   at(flexible_price));
    store_dual(charge, t, at(wear) + p - eta * mu);
    store_dual(discharge, t, at(wear) + inverse * mu - p);
    store_dual(reserve, t, xi - broadcast(reserve_price_[t]));
    store_dual(stored, t, mu - next - xi);
    for (int v = 0; v < slacks; ++v) gap_ += s(slack_x_0, v)[t] * s(slack_z_0, v)[t];
  }

  void store_dual(int v, std::size_t t, V slope) {
    const V zl = s(lower_z_0, v)[t];
    const V zu = s(upper_z_0, v)[t];
    const V sum = pick(active(v, t), slope - zl + zu, V{});
    w(dual_0, v)[t] = sum;
    worst_dual_ = larger(worst_dual_, magnitude(sum));
    gap_ += s(lower_x_0, v)[t] * zl + s(upper_x_0, v)[t] * zu;
  }

  void weights(std::size_t t) {
    const V w1 = s(slack_z_0, below_peak)[t] / s(slack_x_0, below_peak)[t];
    const V w2 = s(slack_z_0, above_reserve)[t] / s(slack_x_0, above_reserve)[t];
    w(slack_weight_0, below_peak)[t] = w1;
    w(slack_weight_0, above_reserve)[t] = w2;
    V own[variables];
    for (int v = 0; v < variables; ++v) {
      own[v] = s(lower_z_0, v)[t] / s(lower_x_0, v)[t] + s(upper_z_0, v)[t] / s(upper_x_0, v)[t];
    }
    own[flexible] += pick(active(flexible, t), at(curvature), V{});
    w(grid_weight)[t] = own[grid];
    own[grid] += w1;
    w(reserve_weight)[t] = own[reserve];
    own[reserve] += w2;
    for (int v = 0; v < stored; ++v) {
      w(inverse_0, v)[t] = ratio(pick(active(v, t), broadcast(1.0), V{}), own[v]);
    }
    flexible_weight_ += w(inverse_0, flexible)[t];
    w(stiffness)[t] = own[stored] + w2 * w(reserve_weight)[t] * w(inverse_0, reserve)[t];
    battery_weights(t);
    const V pull = w1 * w(inverse_0, grid)[t];
    peak_weight_ += pull * w(grid_weight)[t];
  }

  void battery_weights(std::size_t t) {
    const V eta = at(efficiency);
    const V inverse = at(inverse_efficiency);
    const V c = w(inverse_0, charge)[t];
    const V d = w(inverse_0, discharge)[t];
    w(transfer)[t] = c * eta + d * inverse;
    w(inertia)[t] = c * eta * eta + d * inverse * inverse;
    const V reach = w(inertia)[t] + before_;
    w(cover)[t] = reach;
    w(shrink)[t] = broadcast(1.0) / (broadcast(1.0) + reach * w(stiffness)[t]);
    before_ = pick(active(stored, t), reach * w(shrink)[t], V{});
  }

  // Complementarity right-hand sides, into the dz arrays.
  void set_aim(Aim aim) {
    const V centre = broadcast(aim.centre);
    const V second = broadcast(aim.second);
    for (std::size_t t = 0; t < T; ++t) {
      for (int v = 0; v < variables; ++v) {
        const M on = active(v, t);
        const V dx = second * s(step_0, v)[t];
        V& low = s(lower_dz_0, v)[t];
        V& high = s(upper_dz_0, v)[t];
        low = pick(on, centre - dx * low - s(lower_x_0, v)[t] * s(lower_z_0, v)[t], V{});
        high = pick(on, centre + dx * high - s(upper_x_0, v)[t] * s(upper_z_0, v)[t], V{});
      }
      for (int v = 0; v < slacks; ++v) {
        const M on = s(slack_z_0, v)[t] > V{};
        V& dz = s(slack_dz_0, v)[t];
        dz = pick(
            on,
            centre - second * s(slack_step_0, v)[t] * dz - s(slack_x_0, v)[t] * s(slack_z_0, v)[t],
            V{});
      }
    }
    const V dy = second * at(peak_step);
    const V low = centre - dy * at(peak_lower_dz) - at(peak_lower_x) * at(peak_lower_z);
    const V high = centre + dy * at(peak_upper_dz) - at(peak_upper_x) * at(peak_upper_z);
    at(peak_lower_dz) = pick(peak_active(), low, V{});
    at(peak_upper_dz) = pick(peak_active(), high, V{});
  }

  // ρ of every variable, with what the slacks send to those that they join.
  void right_hand_sides() {
    peak_rho_ =
        at(peak_lower_dz) / at(peak_lower_x) - at(peak_upper_dz) / at(peak_upper_x) - peak_dual_;
    for (std::size_t t = 0; t < T; ++t) {
      for (int v = 0; v < variables; ++v) {
        w(rho_0, v)[t] = s(lower_dz_0, v)[t] / s(lower_x_0, v)[t] -
                         s(upper_dz_0, v)[t] / s(upper_x_0, v)[t] - w(dual_0, v)[t];
      }
      const V below = s(slack_dz_0, below_peak)[t] / s(slack_x_0, below_peak)[t];
      const V above = s(slack_dz_0, above_reserve)[t] / s(slack_x_0, above_reserve)[t];
      w(rho_0, grid)[t] -= below;
      peak_rho_ += below;
      w(rho_0, reserve)[t] -= above;
      w(rho_0, stored)[t] += above + w(slack_weight_0, above_reserve)[t] * w(rho_0, reserve)[t] *
                                         w(inverse_0, reserve)[t];
    }
    peak_rho_ = pick(peak_active(), peak_rho_, V{});
  }

  V pull(std::size_t t) { return w(slack_weight_0, below_peak)[t] * w(inverse_0, grid)[t]; }

  // The step at unchanged prices, from the right-hand sides.
  void solve() {
    V flexible_sum = -excess_;
    V peak_sum = peak_rho_;
    for (std::size_t t = 0; t < T; ++t) {
      flexible_sum -= w(inverse_0, flexible)[t] * w(rho_0, flexible)[t];
      peak_sum += pull(t) * w(rho_0, grid)[t];
      const V c = w(inverse_0, charge)[t] * w(rho_0, charge)[t];
      const V d = w(inverse_0, discharge)[t] * w(rho_0, discharge)[t];
      w(mu_part)[t] = at(efficiency) * c - at(inverse_efficiency) * d - w(dynamics)[t];
    }
    flexible_part_ = ratio(flexible_sum, flexible_weight_);
    peak_part_ = pick(peak_active(), peak_sum / peak_weight_, V{});
    battery(w(rho_0, stored));
    forget_step();
    for (std::size_t t = 0; t < T; ++t) {
      add_step(t, w(rho_0, grid)[t], w(rho_0, renewable)[t], w(rho_0, flexible)[t],
               w(rho_0, charge)[t], w(rho_0, discharge)[t], w(rho_0, reserve)[t]);
    }
    add_scalar_steps();
  }

  // Adds what the price step dp changes. It is kept apart from solve(): beside right-hand sides
  // that are large and nearly cancel, rounding would eat it.
  void answer(const double* dp) {
    V flexible_sum = V{};
    V peak_sum = V{};
    for (std::size_t t = 0; t < T; ++t) {
      flexible_sum += w(inverse_0, flexible)[t] * dp[t];
      peak_sum += pull(t) * dp[t];
      w(mu_part)[t] = -w(transfer)[t] * dp[t];
    }
    flexible_part_ = ratio(flexible_sum, flexible_weight_);
    peak_part_ = pick(peak_active(), peak_sum / peak_weight_, V{});
    battery(nullptr);
    for (std::size_t t = 0; t < T; ++t) {
      const V step = broadcast(dp[t]);
      add_step(t, step, step, -step, -step, step, V{});
    }
    add_scalar_steps();
  }

  // db_t − db_{t−1} − S_t dμ_t = f_t, H̃_t db_t + dμ_t − dμ_{t+1} = ρ̃_t (null: zero): forward as
  // db_t = m_t + Q_t dμ_{t+1}, then back. f is in mu_part, which becomes dμ.
  void battery(const V* rho) {
    V* mu = w(mu_part);
    V before = V{};
    for (std::size_t t = 0; t < T; ++t) {
      const V right = rho != nullptr ? rho[t] : V{};
      w(arrival)[t] = before + mu[t];
      before = (w(arrival)[t] + w(cover)[t] * right) * w(shrink)[t];
      before = pick(active(stored, t), before, V{});
      w(mean)[t] = before;
    }
    V next = V{};
    for (std::size_t t = T; t-- > 0;) {
      const V right = rho != nullptr ? rho[t] : V{};
      const V a = w(arrival)[t];
      const V free = (right + next - w(stiffness)[t] * a) * w(shrink)[t];
      const V db = w(mean)[t] + w(cover)[t] * w(shrink)[t] * next;
      w(level_part)[t] = pick(active(stored, t), db, V{});
      next = pick(active(stored, t), free, ratio(-a, w(cover)[t]));
      mu[t] = next;
    }
  }

  void forget_step() {
    for (std::size_t t = 0; t < T; ++t) {
      for (int v = 0; v < variables; ++v) s(step_0, v)[t] = V{};
      for (int v = 0; v < slacks; ++v) s(slack_step_0, v)[t] = V{};
      s(battery_step)[t] = V{};
    }
    at(flexible_step) = at(peak_step) = V{};
  }

  // Adds slot t's steps for the present dμ, db, dν and dy and these pushes of its variables.
  void add_step(std::size_t t, V g, V r, V l, V c, V d, V e) {
    const V dmu = w(mu_part)[t];
    const V db = w(level_part)[t];
    add(grid, t, g + w(slack_weight_0, below_peak)[t] * peak_part_);
    add(renewable, t, r);
    add(flexible, t, l + flexible_part_);
    add(charge, t, c + at(efficiency) * dmu);
    add(discharge, t, d - at(inverse_efficiency) * dmu);
    add(reserve, t, e + w(slack_weight_0, above_reserve)[t] * db);
    s(step_0, stored)[t] += db;
    s(battery_step)[t] += dmu;
    // dy − dg and db − de, written so that steps which nearly agree do not cancel.
    const V below = w(inverse_0, grid)[t] * (w(grid_weight)[t] * peak_part_ - g);
    const V above = w(inverse_0, reserve)[t] * (w(reserve_weight)[t] * db - e);
    s(slack_step_0, below_peak)[t] += pick(s(slack_z_0, below_peak)[t] > V{}, below, V{});
    s(slack_step_0, above_reserve)[t] += pick(s(slack_z_0, above_reserve)[t] > V{}, above, V{});
  }

  void add(int v, std::size_t t, V push) { s(step_0, v)[t] += w(inverse_0, v)[t] * push; }

  void add_scalar_steps() {
    at(flexible_step) += flexible_part_;
    at(peak_step) += peak_part_;
  }

  void add_response(V* response) {
    const V flexible_share = ratio(broadcast(1.0), flexible_weight_);
    const V peak_share = pick(peak_active(), broadcast(1.0) / peak_weight_, V{});
    V diagonal = V{};  // of M⁻¹, from the last slot back
    for (std::size_t i = T; i-- > 0;) {
      const V level = w(cover)[i];
      const V gain = pick(active(stored, i), w(shrink)[i], V{});
      const V own =
          pick(active(stored, i), w(stiffness)[i] * w(shrink)[i], ratio(broadcast(1.0), level));
      diagonal = own + gain * gain * diagonal;
      add_row(response + i * (i + 1) / 2, i, diagonal, flexible_share, peak_share);
    }
  }

  void add_row(V* row, std::size_t i, V diagonal, V flexible_share, V peak_share) {
    V inside = w(transfer)[i] * diagonal;
    const V l = w(inverse_0, flexible)[i] * flexible_share;
    const V y = pull(i) * peak_share;
    V own = V{};
    for (int v = 0; v <= discharge; ++v) own += w(inverse_0, v)[i];
    for (std::size_t j = i + 1; j-- > 0;) {
      if (j < i) inside *= pick(active(stored, j), w(shrink)[j], V{});
      const V all = y * pull(j) - l * w(inverse_0, flexible)[j] - inside * w(transfer)[j];
      row[j] += j == i ? own + all : all;
    }
  }

  // dz of slot t from the linearised complementarity, and what bounds the step.
  void multiplier_steps(std::size_t t) {
    for (int v = 0; v < variables; ++v) {
      const V dx = s(step_0, v)[t];
      complement(dx, s(lower_x_0, v)[t], s(lower_z_0, v)[t], s(lower_dz_0, v)[t]);
      complement(-dx, s(upper_x_0, v)[t], s(upper_z_0, v)[t], s(upper_dz_0, v)[t]);
    }
    for (int v = 0; v < slacks; ++v) {
      complement(s(slack_step_0, v)[t], s(slack_x_0, v)[t], s(slack_z_0, v)[t],
                 s(slack_dz_0, v)[t]);
    }
  }

  void peak_multiplier_steps() {
    complement(at(peak_step), at(peak_lower_x), at(peak_lower_z), at(peak_lower_dz));
    complement(-at(peak_step), at(peak_upper_x), at(peak_upper_z), at(peak_upper_dz));
  }

  void complement(V dx, V x, V z, V& dz) {
    dz = (dz - z * dx) / x;
    worst_ = larger(worst_, -dx / x);
    worst_ = larger(worst_, ratio(-dz, z));
    linear_ += x * dz + z * dx;
    quadratic_ += dx * dz;
  }

  std::size_t T;
  const double* price_;
  const double* grid_price_;
  const double* reserve_price_;
  V* slot_;
  V* lane_;
  V* work_;
  V gap_{}, worst_primal_{}, worst_dual_{};
  V excess_{}, peak_dual_{}, peak_weight_{}, peak_rho_{}, flexible_weight_{}, before_{};
  V flexible_part_{}, peak_part_{};
  V worst_{}, linear_{}, quadratic_{};
};

Kernel make_kernel() {
  return {[](const Batch& batch, double alpha) { Elimination(batch).advance(alpha); },
          [](const Batch& batch, Aim aim, const Responses& out) {
            Elimination(batch).respond(aim, out);
          },
          [](const Batch& batch, const double* dp, const Motion& out) {
            Elimination(batch).move(dp, out);
          }};
}

}  // namespace
}  // namespace gridtally::reference::block
