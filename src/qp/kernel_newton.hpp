// The Newton system of one day, solved in O(T) (README, "The linear algebra"). The interior-point
// method and the active-set method fill in the weights 1/H and the right-hand sides ρ; then
//   dg = (ρ + dp)/H + pull dy         dr = (ρ + dp)/H            dl = (ρ − dp + dν)/H
//   dc = (ρ − dp + η dμ_t)/H          dd = (ρ + dp − dμ_t/η)/H   de, dw = (ρ − dμ_t + dμ_{t+1})/H
// and the slot's balance gives dp, which leaves in the level b
//   db_t − db_{t−1} − S_t dμ_t = f_t,   db_t = P_t (ρ_t − dμ_t + dμ_{t+1})
// solved in covariance form, db_t = m_t + Q_t dμ_{t+1} with Q ≥ 0: sums of positive numbers only,
// so that weights of 10^±12 side by side do no harm. The flexible energy (dν) and the peak (dy)
// border it.
#pragma once

#include "qp/kernel_slot.hpp"

namespace gridtally::qp::kernel {
namespace {

/// How a level answers, with the cover C of what comes before it:
///   m = keep·a + weigh·q,   dμ = level_gain·q + keep·dμ_next − arrival_gain·a,   Q = C·keep
template <int W>
struct Level {
  typename Lanes<W>::Vector keep, weigh, level_gain, arrival_gain;
};

template <int W, Mode mode>
class Newton : Arithmetic<W> {
  using A = Arithmetic<W>;
  using V = typename A::V;
  using M = typename A::M;
  using A::broadcast;
  using A::pick;

 public:
  explicit Newton(const Work<W>& work) : T(work.slots), slot_(work.slot), whole_(*work.whole) {}

  V flexible_step{}, peak_step{};

  /// Start of a forward pass that factors. `compliance`: of the net trade.
  void begin(V compliance) {
    compliance_ = compliance;
    cover_before_ = V{};
    for (V& value : before_) value = V{};
  }
  void begin_again() { before_[main_side] = V{}; }

  /// Slot t's elimination and forward sweep of all sides. `level(slot, cover)` gives its Level.
  template <class LevelOf>
  void factor(Slot<W>& s, const LevelOf& level) {
    eliminate(s);
    s.cover = s.inertia + cover_before_;
    const Level<W> answer = level(s, s.cover);
    s.keep = answer.keep;
    s.weigh = answer.weigh;
    s.level_gain = answer.level_gain;
    s.arrival_gain = answer.arrival_gain;
    s.gain = cover_before_ = s.cover * s.keep;
    if constexpr (mode == Mode::linear) {
      s.mu[flex_side] = s.mu[peak_side] = s.mean[flex_side] = s.mean[peak_side] = V{};
    } else {
      const V reach = s.elastic * s.transfer;
      forward(s, flex_side, -reach * s.inverse[flexible], V{});
      forward(s, peak_side, reach * s.pull, V{});
    }
    again(s);
  }

  /// Forward sweep of the main side alone, with the factors as they stand.
  void again(Slot<W>& s) {
    const V in = s.inverse[charge] * s.rho[charge];
    const V out = s.inverse[discharge] * s.rho[discharge];
    V f = whole_.efficiency * in - whole_.inverse_efficiency * out - s.dynamics;
    if constexpr (mode != Mode::linear) {
      V h = s.balance + s.inverse[grid] * s.rho[grid] + s.inverse[renewable] * s.rho[renewable] +
            out - s.inverse[flexible] * s.rho[flexible] - in;
      if constexpr (mode == Mode::fixed) {
        h += s.extra_give[unserved] * s.extra_rho[unserved] -
             s.extra_give[spilled] * s.extra_rho[spilled];
      }
      s.p[main_side] = -s.elastic * h;
      f += s.elastic * s.transfer * h;
    }
    forward(s, main_side, f, s.level_rho);
  }

  /// Backward sweep and the border's 2×2 system, after factor() of every slot. `excess`: residual
  /// of Σ l = E; `peak_rho`, `peak_weight`: of y's own equation.
  void solve(V excess, V peak_rho, V peak_weight) {
    V b1 = -excess;
    V b2 = peak_rho;
    V m11{};
    V m12{};
    V m22 = peak_weight;
    V next[sides] = {};
    for (std::size_t t = T; t-- > 0;) {
      Slot<W>& s = slot_[t];
      if constexpr (mode != Mode::linear) {
        backward(s, flex_side, next[flex_side], V{});
        backward(s, peak_side, next[peak_side], V{});
        const V reach = s.elastic * s.transfer;
        s.p[flex_side] = reach * next[flex_side] + s.elastic * s.inverse[flexible];
        s.p[peak_side] = reach * next[peak_side] - s.elastic * s.pull;
        m11 += s.inverse[flexible] * (s.rest_share - reach * next[flex_side]);
        m12 -= s.inverse[flexible] * s.p[peak_side];
        m22 += s.pull * (s.own - s.p[peak_side]);
      } else {
        m11 += s.inverse[flexible];
        m22 += s.pull * s.own;
      }
      border_sides(s, next[main_side], b1, b2);
    }
    m11_ = m11;
    m12_ = m12;
    m22_ = m22;
    border_steps(b1, b2);
  }

  /// The same for the main side alone.
  void solve_again(V excess, V peak_rho) {
    V b1 = -excess;
    V b2 = peak_rho;
    V next = V{};
    for (std::size_t t = T; t-- > 0;) border_sides(slot_[t], next, b1, b2);
    border_steps(b1, b2);
  }

  /// The slot's steps; slots in descending order, `battery_next`: dμ of the slot after it.
  void expand(Slot<W>& s, V battery_next) {
    const V dv = flexible_step;
    const V dy = peak_step;
    V dmu = s.mu[main_side];
    V dp = V{};
    V mean = s.mean[main_side];
    if constexpr (mode != Mode::linear) {
      dmu += dv * s.mu[flex_side] + dy * s.mu[peak_side];
      dp = s.p[main_side] + dv * s.p[flex_side] + dy * s.p[peak_side];
      mean += dv * s.mean[flex_side] + dy * s.mean[peak_side];
    }
    s.battery_step = dmu;
    s.step[grid] = s.inverse[grid] * (s.rho[grid] + dp) + s.pull * dy;
    s.step[renewable] = s.inverse[renewable] * (s.rho[renewable] + dp);
    s.step[flexible] = s.inverse[flexible] * (s.rho[flexible] - dp + dv);
    s.step[charge] = s.inverse[charge] * (s.rho[charge] - dp + whole_.efficiency * dmu);
    s.step[discharge] =
        s.inverse[discharge] * (s.rho[discharge] + dp - whole_.inverse_efficiency * dmu);
    if constexpr (mode == Mode::fixed) {
      s.extra_step[unserved] = s.extra_give[unserved] * (s.extra_rho[unserved] + dp);
      s.extra_step[spilled] = s.extra_give[spilled] * (s.extra_rho[spilled] - dp);
    }
    s.price_step = dp;
    if constexpr (mode != Mode::linear) close_balance(s);
    share_level(s, mean + s.gain * battery_next);
  }

 private:
  void eliminate(Slot<W>& s) {
    const V c = s.inverse[charge];
    const V d = s.inverse[discharge];
    const V eta = whole_.efficiency;
    const V inverse = whole_.inverse_efficiency;
    const V alone = c * eta * eta + d * inverse * inverse;
    s.transfer = d * inverse + c * eta;
    if constexpr (mode == Mode::linear) {
      s.inertia = alone;
      return;
    }
    const V l = s.inverse[flexible];
    V rest = compliance_ + s.inverse[grid] + s.inverse[renewable];
    if constexpr (mode == Mode::fixed) rest += s.extra_give[unserved] + s.extra_give[spilled];
    const V k = broadcast(1.0) / (rest + l + c + d);
    const V twist = eta - inverse;
    s.elastic = k;
    s.rest_share = k * (rest + c + d);
    s.inertia = k * (c * d * twist * twist + alone * (rest + l));
  }

  void forward(Slot<W>& s, int side, V f, V q) {
    const V arrival = before_[side] + f;
    const V mean = s.keep * arrival + s.weigh * q;
    s.arrival[side] = arrival;
    s.mean[side] = before_[side] = mean;
  }

  void backward(Slot<W>& s, int side, V& next, V q) {
    const V mu = s.level_gain * q + s.keep * next - s.arrival_gain * s.arrival[side];
    s.mu[side] = next = mu;
  }

  void border_sides(Slot<W>& s, V& next, V& b1, V& b2) {
    backward(s, main_side, next, s.level_rho);
    V p = V{};
    if constexpr (mode != Mode::linear) {
      p = s.p[main_side] + s.elastic * s.transfer * next;
      s.p[main_side] = p;
    }
    b1 -= s.inverse[flexible] * (s.rho[flexible] - p);
    b2 += s.pull * (s.rho[grid] + p);
  }

  void border_steps(V b1, V b2) {
    const M flex = (whole_.flexible_on > V{}) & (m11_ > V{});
    const M peak = peak_free_ & (m22_ > V{});
    const V one = broadcast(1.0);
    const V m11 = pick(flex, m11_, one);
    const V m22 = pick(peak, m22_, one);
    const V m12 = pick(flex & peak, m12_, V{});
    b1 = pick(flex, b1, V{});
    b2 = pick(peak, b2, V{});
    const V scale = one / (m11 * m22 + m12 * m12);  // the system is [m11 m12; −m12 m22]
    flexible_step = (b1 * m22 - m12 * b2) * scale;
    peak_step = (m11 * b2 + m12 * b1) * scale;
  }

  // What rounding left of the slot's linearised balance. A variable far from its bounds has an
  // inverse weight of 10^12, which turns the last bit of dp into its fifth digit: one correction of
  // dp through the same weights removes that.
  void close_balance(Slot<W>& s) {
    V slip = s.balance + s.step[grid] + s.step[renewable] + s.step[discharge] - s.step[flexible] -
             s.step[charge] + compliance_ * s.price_step;
    if constexpr (mode == Mode::fixed) slip += s.extra_step[unserved] - s.extra_step[spilled];
    slip *= -s.elastic;
    s.price_step += slip;
    s.step[grid] += s.inverse[grid] * slip;
    s.step[renewable] += s.inverse[renewable] * slip;
    s.step[flexible] -= s.inverse[flexible] * slip;
    s.step[charge] -= s.inverse[charge] * slip;
    s.step[discharge] += s.inverse[discharge] * slip;
    if constexpr (mode == Mode::fixed) {
      s.extra_step[unserved] += s.extra_give[unserved] * slip;
      s.extra_step[spilled] -= s.extra_give[spilled] * slip;
    }
  }

  // db into reserve and spare: split·db to the reserve, besides what their own right-hand sides
  // move from one to the other.
  void share_level(Slot<W>& s, V db) {
    const V own = s.split * s.inverse[spare] * (s.rho[reserve] - s.rho[spare]);
    s.step[reserve] = s.split * db + own;
    s.step[spare] = s.on[spare] * (db - s.step[reserve]);
  }

 public:
  /// Lanes whose peak is not held.
  void set_peak_free(M free) { peak_free_ = free; }

 private:
  std::size_t T;
  Slot<W>* slot_;
  Whole<W>& whole_;
  V compliance_{}, cover_before_{}, before_[sides] = {};
  V m11_{}, m12_{}, m22_{};
  M peak_free_ = A::everywhere();
};

}  // namespace
}  // namespace gridtally::qp::kernel
