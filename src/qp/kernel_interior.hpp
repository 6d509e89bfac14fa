// Mehrotra's predictor-corrector interior-point method. A bound at distance x with multiplier z has
// the product s = x z; a step dx moves the distance by the share q = dx/x, and to first order
//   dz = cl/x − z (1 + q),   cl = (product aimed at) − dx dz of the predictor = centre + s q (1 +
//   q)
// so the weights need one division a bound, 1/s, from which 1/x = z/s and 1/z = x/s.
#pragma once

#include "qp/kernel_newton.hpp"

namespace gridtally::qp::kernel {
namespace {

template <int W, Mode mode>
class Interior : Arithmetic<W> {
  using A = Arithmetic<W>;
  using V = typename A::V;
  using M = typename A::M;
  using A::any;
  using A::broadcast;
  using A::larger;
  using A::magnitude;
  using A::pick;
  using A::smaller;

 public:
  Interior(const Work<W>& work, Newton<W, mode>& newton)
      : T(work.slots), slot_(work.slot), whole_(*work.whole), newton_(newton) {
    alive_ = A::nowhere();
  }

  /// Starting point: the middle of the bounds.
  void start() {
    const V prices = whole_.price_scale;
    const V multiplier = broadcast(start_multiplier) * prices;
    for (std::size_t t = 0; t < T; ++t) {
      Slot<W>& s = slot_[t];
#pragma GCC unroll 7
      for (int v = 0; v < variables; ++v) {
        const M on = s.on[v] > V{};
        const V half = broadcast(0.5) * s.width[v];
        const bool peak = v == grid;
        s.low[v] = pick(on, peak ? broadcast(0.3) * whole_.grid_max : half, broadcast(1.0));
        s.high[v] = pick(on, peak ? broadcast(0.4) * whole_.grid_max : half, broadcast(1.0));
        s.low_z[v] = s.high_z[v] = pick(on, multiplier, broadcast(1.0));
      }
      s.price = whole_.p2p_price;
      if constexpr (mode == Mode::linear) s.price += s.target;
      s.battery_price = whole_.p2p_price;
      if constexpr (mode == Mode::fixed) {
        s.extra[unserved] = s.extra[spilled] = broadcast(start_extra) * whole_.energy_scale;
        s.extra_z[unserved] = whole_.penalty - whole_.p2p_price;
        s.extra_z[spilled] = whole_.penalty + whole_.p2p_price;
      }
    }
    const M peak = whole_.peak_on > V{};
    whole_.peak = broadcast(0.7) * whole_.grid_max;
    whole_.peak_room = pick(peak, whole_.grid_max - whole_.peak, broadcast(1.0));
    whole_.peak_z = pick(peak, multiplier, broadcast(1.0));
    whole_.flexible_price = whole_.p2p_price;
    count_products();
  }

  void revive(M lanes) { alive_ = lanes; }
  [[nodiscard]] bool any_alive() const { return any(alive_); }
  [[nodiscard]] M alive() const { return alive_; }
  /// Takes the step, if one is pending; then residuals and factors at the new point. Lanes with
  /// residuals and every product below the shares `residual` and `product` of the problem's scale
  /// are done: returned, no longer alive.
  M measure(double residual, double product) {
    if (pending_) advance_whole();
    worst_primal_ = worst_dual_ = worst_product_ = sum_ = V{};
    newton_.set_peak_free(whole_.peak_on > V{});
    newton_.begin(mode == Mode::proximal ? whole_.compliance : V{});
    V excess = whole_.flexible_excess;
    V peak = whole_.peak_gradient + whole_.peak_on * whole_.peak_z;
    V level_before{};
    advance_slot(0);
    for (std::size_t t = 0; t < T; ++t) {
      Slot<W>& s = slot_[t];
      if (t + 1 < T) advance_slot(t + 1);
      gradients(s, t + 1 < T ? slot_[t + 1].battery_price : V{});
      equations(s, level_before);
      weights(s);
      newton_.factor(s, [&](const Slot<W>& slot, V cover) { return level(slot, cover); });
      excess += s.on[flexible] * s.low[flexible];
      peak -= s.on[grid] * s.high_z[grid];
    }
    pending_ = false;
    excess_ = whole_.flexible_on * excess;
    peak_weights();
    worst_primal_ = larger(worst_primal_, magnitude(excess_));
    worst_dual_ = larger(worst_dual_, whole_.peak_on * magnitude(peak));
    return retire(residual, product);
  }

  /// One predictor-corrector step from where measure() left off. `goal`: smallest product aimed at.
  void step(double goal) {
    newton_.solve(excess_, -whole_.peak_gradient, peak_weight_);
    const V affine = broadcast(1.0) / predict();
    const V left = (broadcast(1.0) - affine) * sum_ - affine * affine * second_sum_;
    const V ratio = left / pick(sum_ > V{}, sum_, broadcast(1.0));
    const V floor = broadcast(0.1 * goal) * whole_.price_scale * whole_.energy_scale;
    const V centre = larger(ratio * ratio * ratio * (sum_ / whole_.products), floor);
    // The second-order term helps only where the affine step went some way.
    const V peak_rho = aim(centre, pick(affine > broadcast(0.1), broadcast(1.0), V{}));
    newton_.solve_again(excess_, peak_rho);
    alpha_ = smaller(broadcast(step_share) / correct(), broadcast(1.0));
    moving_ = alive_ & (poison_ == V{});
    pending_ = true;
  }

  /// Lanes whose last measure() held these shares; not retired.
  [[nodiscard]] M within(double residual, double product) const {
    const V tight = broadcast(residual);
    return (worst_primal_ <= tight * whole_.energy_scale) &
           (worst_dual_ <= tight * whole_.price_scale) &
           (worst_product_ <= broadcast(product) * whole_.price_scale * whole_.energy_scale);
  }

 private:
  // Of the price scale; found by trial, as the next one.
  static constexpr double start_multiplier = mode == Mode::fixed ? 1.0 : 0.25;
  // Of the energy scale.
  static constexpr double start_extra = 0.3;
  // Of the longest step that keeps every distance and multiplier positive.
  static constexpr double step_share = 0.998;

  void advance_slot(std::size_t t) {
    if (pending_) advance(slot_[t]);
  }

  M retire(double residual, double product) {
    const M done = alive_ & within(residual, product);
    alive_ &= ~done;
    return done;
  }

  void count_products() {
    V count = whole_.peak_on;
    for (std::size_t t = 0; t < T; ++t) {
#pragma GCC unroll 7
      for (int v = 0; v < variables; ++v) count += broadcast(2.0) * slot_[t].on[v];
      if constexpr (mode == Mode::fixed) count += broadcast(2.0);
    }
    whole_.products = larger(count, broadcast(1.0));
  }

  // ρ of the predictor: minus the Lagrangian's gradient without the bounds' multipliers.
  void gradients(Slot<W>& s, V next) {
    const V p = s.price;
    const V mu = s.battery_price;
    const V tie = whole_.tie_break;
    V worst = gradient(s, grid, tie, -p);
    worst = larger(worst, gradient(s, renewable, tie, -p));
    worst = larger(worst, gradient(s, flexible, whole_.curvature, p - whole_.flexible_price));
    worst = larger(worst, gradient(s, charge, tie, p - whole_.efficiency * mu));
    worst = larger(worst, gradient(s, discharge, tie, whole_.inverse_efficiency * mu - p));
    worst = larger(worst, gradient(s, reserve, V{}, mu - next));
    worst = larger(worst, gradient(s, spare, V{}, mu - next));
    if constexpr (mode == Mode::fixed) {
      worst = larger(worst, elastic_gradient(s, unserved, -p));
      worst = larger(worst, elastic_gradient(s, spilled, p));
    }
    worst_dual_ = larger(worst_dual_, worst);
  }

  // Returns the size of the residual of stationarity.
  static V gradient(Slot<W>& s, int v, V curvature, V coupling) {
    const V g = s.on[v] * (s.gradient[v] + curvature * s.low[v] + coupling);
    s.rho[v] = -g;
    return magnitude(g - s.on[v] * (s.low_z[v] - s.high_z[v]));
  }

  V elastic_gradient(Slot<W>& s, int v, V coupling) const {
    const V g = whole_.penalty + whole_.tie_break * s.extra[v] + coupling;
    s.extra_rho[v] = -g;
    return magnitude(g - s.extra_z[v]);
  }

  static V value(const Slot<W>& s, int v) { return s.on[v] * s.low[v]; }

  void equations(Slot<W>& s, V& level_before) {
    if constexpr (mode != Mode::linear) {
      V trade = s.target;
      if constexpr (mode == Mode::proximal) {
        trade += whole_.compliance * (s.price - whole_.p2p_price);
      }
      s.balance = s.supply + value(s, grid) + value(s, renewable) + value(s, discharge) + trade -
                  value(s, flexible) - value(s, charge);
      if constexpr (mode == Mode::fixed) s.balance += s.extra[unserved] - s.extra[spilled];
      worst_primal_ = larger(worst_primal_, magnitude(s.balance));
    }
    const V stored = value(s, reserve) + value(s, spare);
    s.dynamics = s.shift + stored - level_before - whole_.efficiency * value(s, charge) +
                 whole_.inverse_efficiency * value(s, discharge);
    level_before = stored;
    worst_primal_ = larger(worst_primal_, magnitude(s.dynamics));
  }

  void weights(Slot<W>& s) {
    const V one = broadcast(1.0);
    V sum{};
    V worst{};
    V low_weight[variables];
    V high_weight[variables];
#pragma GCC unroll 7
    for (int v = 0; v < variables; ++v) {
      const V low = s.low[v] * s.low_z[v];
      const V high = s.high[v] * s.high_z[v];
      sum += s.on[v] * (low + high);
      worst = larger(worst, s.on[v] * larger(low, high));
      s.low_inverse[v] = one / low;
      s.high_inverse[v] = one / high;
      low_weight[v] = s.low_z[v] * s.low_z[v] * s.low_inverse[v];
      high_weight[v] = s.high_z[v] * s.high_z[v] * s.high_inverse[v];
    }
    const V tie = whole_.tie_break;
    s.own = low_weight[grid] + tie;
    s.inverse[grid] = s.on[grid] / (s.own + high_weight[grid]);
    s.pull = high_weight[grid] * s.inverse[grid];
#pragma GCC unroll 7
    for (int v = renewable; v < variables; ++v) {
      const V curvature = v == flexible ? whole_.curvature : v < reserve ? tie : V{};
      s.inverse[v] = s.on[v] / (low_weight[v] + high_weight[v] + curvature);
    }
    if constexpr (mode == Mode::fixed) {
      for (int v = 0; v < elastics; ++v) {
        const V product = s.extra[v] * s.extra_z[v];
        sum += product;
        worst = larger(worst, product);
        s.extra_inverse[v] = one / product;
        s.extra_give[v] = one / (s.extra_z[v] * s.extra_z[v] * s.extra_inverse[v] + tie);
      }
    }
    sum_ += sum;
    worst_product_ = larger(worst_product_, worst);
    const V level = s.inverse[reserve] + s.inverse[spare];
    s.split = s.inverse[reserve] / (level + broadcast(1e-300));
    s.level_rho = s.inverse[reserve] * s.rho[reserve] + s.inverse[spare] * s.rho[spare];
  }

  // P = 1/H of the level; 0 where it is fixed.
  Level<W> level(const Slot<W>& s, V cover) {
    const V give = s.inverse[reserve] + s.inverse[spare];
    const V inverse = broadcast(1.0) / (give + cover + broadcast(1e-300));
    const V present = pick(give + cover > V{}, inverse, V{});
    return {give * present, cover * present, present, present};
  }

  void peak_weights() {
    const V product = whole_.peak_room * whole_.peak_z;
    sum_ += whole_.peak_on * product;
    worst_product_ = larger(worst_product_, whole_.peak_on * product);
    whole_.peak_inverse = broadcast(1.0) / product;
    peak_weight_ = whole_.peak_on * whole_.peak_z * whole_.peak_z * whole_.peak_inverse;
  }

  // The affine step: second-order terms into the pushes; returns 1/(longest step), at least 1.
  V predict() {
    V worst = broadcast(1.0);
    V second{};
    const auto bound = [&](V on, V x, V z, V inverse, V dx, V& push) {
      const V q = dx * (z * inverse);
      const V product = x * z * q * (broadcast(1.0) + q);
      push = product;
      second += on * product;
      worst = larger(worst, larger(-q, broadcast(1.0) + q));
    };
    V next{};
    for (std::size_t t = T; t-- > 0;) {
      Slot<W>& s = slot_[t];
      newton_.expand(s, next);
      next = s.battery_step;
#pragma GCC unroll 7
      for (int v = 0; v < variables; ++v) {
        const V dx = s.step[v];
        const V away = v == grid ? newton_.peak_step - dx : -dx;
        bound(s.on[v], s.low[v], s.low_z[v], s.low_inverse[v], dx, s.low_push[v]);
        bound(s.on[v], s.high[v], s.high_z[v], s.high_inverse[v], s.on[v] * away, s.high_push[v]);
      }
      if constexpr (mode == Mode::fixed) {
        for (int v = 0; v < elastics; ++v) {
          bound(broadcast(1.0), s.extra[v], s.extra_z[v], s.extra_inverse[v], s.extra_step[v],
                s.extra_push[v]);
        }
      }
    }
    bound(whole_.peak_on, whole_.peak_room, whole_.peak_z, whole_.peak_inverse, -newton_.peak_step,
          whole_.peak_push);
    second_sum_ = second;
    return worst;
  }

  // Right-hand sides of the corrector; returns that of the peak.
  V aim(V centre, V second) {
    newton_.begin_again();
    V peak_rho = -whole_.peak_gradient;
    for (std::size_t t = 0; t < T; ++t) {
      Slot<W>& s = slot_[t];
#pragma GCC unroll 7
      for (int v = 0; v < variables; ++v) {
        s.low_push[v] = s.on[v] * (centre + second * s.low_push[v]);
        s.high_push[v] = s.on[v] * (centre + second * s.high_push[v]);
        const V high = s.high_push[v] * (s.high_z[v] * s.high_inverse[v]);
        s.rho[v] += s.low_push[v] * (s.low_z[v] * s.low_inverse[v]) - high;
        if (v == grid) peak_rho += high;
      }
      if constexpr (mode == Mode::fixed) {
        for (int v = 0; v < elastics; ++v) {
          s.extra_push[v] = centre + second * s.extra_push[v];
          s.extra_rho[v] += s.extra_push[v] * (s.extra_z[v] * s.extra_inverse[v]);
        }
      }
      s.level_rho = s.inverse[reserve] * s.rho[reserve] + s.inverse[spare] * s.rho[spare];
      newton_.again(s);
    }
    whole_.peak_push = whole_.peak_on * (centre + second * whole_.peak_push);
    return peak_rho - whole_.peak_push * (whole_.peak_z * whole_.peak_inverse);
  }

  // The corrected step; returns 1/(longest step), at least 1.
  V correct() {
    V worst = broadcast(1.0);
    V sum{};
    const auto bound = [&](V on, V z, V inverse, V dx, V push) {
      const V q = dx * (z * inverse);
      worst = larger(worst, larger(-q, on * (broadcast(1.0) + q - push * inverse)));
      sum += q;
    };
    V next{};
    for (std::size_t t = T; t-- > 0;) {
      Slot<W>& s = slot_[t];
      newton_.expand(s, next);
      next = s.battery_step;
#pragma GCC unroll 7
      for (int v = 0; v < variables; ++v) {
        const V dx = s.step[v];
        const V away = v == grid ? newton_.peak_step - dx : -dx;
        bound(s.on[v], s.low_z[v], s.low_inverse[v], dx, s.low_push[v]);
        bound(s.on[v], s.high_z[v], s.high_inverse[v], s.on[v] * away, s.high_push[v]);
      }
      if constexpr (mode == Mode::fixed) {
        for (int v = 0; v < elastics; ++v) {
          bound(broadcast(1.0), s.extra_z[v], s.extra_inverse[v], s.extra_step[v], s.extra_push[v]);
        }
      }
    }
    bound(whole_.peak_on, whole_.peak_z, whole_.peak_inverse, -whole_.peak_on * newton_.peak_step,
          whole_.peak_push);
    poison_ = V{} * sum;
    return worst;
  }

  // Frozen lanes, and lanes whose step is not finite, keep their values bit for bit.
  void move(V& value, V step) const { value = pick(moving_, value + step, value); }

  void move_bound(V on, V& x, V& z, V inverse, V dx, V push) const {
    const V share = z * inverse;
    move(z, on * (alpha_ * (push * share - z * (broadcast(1.0) + dx * share))));
    move(x, on * (alpha_ * dx));
  }

  // The last step, taken slot by slot as the next measure() passes.
  void advance(Slot<W>& s) {
#pragma GCC unroll 7
    for (int v = 0; v < variables; ++v) {
      const V dx = s.step[v];
      const V away = v == grid ? newton_.peak_step - dx : -dx;
      move_bound(s.on[v], s.low[v], s.low_z[v], s.low_inverse[v], dx, s.low_push[v]);
      move_bound(s.on[v], s.high[v], s.high_z[v], s.high_inverse[v], away, s.high_push[v]);
    }
    if constexpr (mode == Mode::fixed) {
      for (int v = 0; v < elastics; ++v) {
        move_bound(broadcast(1.0), s.extra[v], s.extra_z[v], s.extra_inverse[v], s.extra_step[v],
                   s.extra_push[v]);
      }
    }
    if constexpr (mode != Mode::linear) move(s.price, alpha_ * s.price_step);
    move(s.battery_price, alpha_ * s.battery_step);
  }

  void advance_whole() {
    const V on = whole_.peak_on;
    move_bound(on, whole_.peak_room, whole_.peak_z, whole_.peak_inverse, -newton_.peak_step,
               whole_.peak_push);
    move(whole_.peak, on * (alpha_ * newton_.peak_step));
    move(whole_.flexible_price, whole_.flexible_on * (alpha_ * newton_.flexible_step));
  }

  std::size_t T;
  Slot<W>* slot_;
  Whole<W>& whole_;
  Newton<W, mode>& newton_;
  M alive_;
  V worst_primal_{}, worst_dual_{}, worst_product_{}, sum_{}, second_sum_{};
  V excess_{}, peak_weight_{};
  M moving_{};
  V alpha_{};
  bool pending_ = false;
  V poison_{};  // 0, or NaN where a step is not finite
};

}  // namespace
}  // namespace gridtally::qp::kernel
