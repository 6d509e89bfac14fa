// The active-set method: with the bounds that hold known, the solution is one Newton step. A round
// takes the step, lets go what pulls away from its bound, and holds what went beyond one; it ends
// when every sign holds (README, "Active sets").
#pragma once

#include "qp/kernel_newton.hpp"

namespace gridtally::qp::kernel {
namespace {

template <int W, Mode mode>
class ActiveSet : Arithmetic<W> {
  using A = Arithmetic<W>;
  using V = typename A::V;
  using M = typename A::M;
  using A::any;
  using A::broadcast;
  using A::larger;
  using A::magnitude;
  using A::pick;

 public:
  ActiveSet(const Work<W>& work, Newton<W, mode>& newton)
      : T(work.slots), slot_(work.slot), whole_(*work.whole), newton_(newton) {}

  /// The set that an interior point suggests, and its values: a bound holds where its multiplier
  /// is the larger of the two.
  void take(M lanes) {
    const V worth = whole_.energy_scale / whole_.price_scale;
    const auto set = [&](V& value, V other) { value = pick(lanes, other, value); };
    for (std::size_t t = 0; t < T; ++t) {
      Slot<W>& s = slot_[t];
      for (int v = 0; v < variables; ++v) {
        const M on = s.on[v] > V{};
        const M low = s.low_z[v] * worth > s.low[v];
        const M high = s.high_z[v] * worth > s.high[v];
        const M lower = s.low[v] * s.high_z[v] < s.high[v] * s.low_z[v];
        hold(s, v, lanes, low & (~high | lower) & on, high & ~(low & lower) & on);
        set(s.x[v], s.on[v] * s.low[v]);
      }
      order_level(s, lanes);
      for (int v = 0; mode == Mode::fixed && v < elastics; ++v) {
        const M held = s.extra_z[v] * worth > s.extra[v];
        s.extra_held[v] = pick_mask(lanes, held, s.extra_held[v]);
        set(s.extra_x[v], s.extra[v]);
      }
      set(s.set_price, s.price);
      set(s.set_battery_price, s.battery_price);
    }
    set(whole_.set_flexible_price, whole_.flexible_price);
    const M peak = (whole_.peak_z * worth > whole_.peak_room) & (whole_.peak_on > V{});
    // The interior point has no multiplier for y ≥ 0: the grid's own bounds imply it.
    const M unused = (whole_.peak < broadcast(unused_peak) * whole_.energy_scale) &
                     (whole_.peak_gradient > V{}) & (whole_.peak_on > V{});
    set(whole_.set_peak, pick(peak, whole_.grid_max, pick(unused, V{}, whole_.peak)));
    whole_.peak_high = pick_mask(lanes, peak, whole_.peak_high);
    whole_.peak_low = pick_mask(lanes, unused, whole_.peak_low);
    for (std::size_t t = 0; t < T; ++t) {
      Slot<W>& s = slot_[t];
      const M tied = s.high_z[grid] > s.low_z[grid];
      hold(s, grid, lanes & unused, ~tied & (s.on[grid] > V{}), tied & (s.on[grid] > V{}));
    }
  }

  /// Up to `most` rounds in these lanes; returns those that ended at the solution.
  /// `rounds`: counts each lane's.
  M run(M lanes, int most, V& rounds) {
    M solved = A::nowhere();
    for (int round = 0;; ++round) {
      const M done = prepare(lanes, round > 0);
      solved |= done;
      lanes &= ~done;
      if (!any(lanes) || round == most) return solved;
      newton_.solve(excess_, -whole_.peak_gradient, V{});
      advance(lanes);
      rounds += pick(lanes, broadcast(1.0), V{});
    }
  }

 private:
  // Shares of the problem's scale. Residuals and distances: what rounding leaves in sums of a day.
  // Multipliers: tighter, as the tie break turns a price into an energy through 1/δ.
  static constexpr double distance_tolerance = 1e-12;
  static constexpr double sign_tolerance = 1e-13;
  static constexpr double residual_tolerance = 2e-12;
  // A peak below this is taken for none at first.
  static constexpr double unused_peak = 1e-5;
  // Give of every balance, so that a slot whose variables are all held still has a price.
  static constexpr double least_compliance = 1e-13;

  static M pick_mask(M which, M yes, M no) { return (which & yes) | (~which & no); }

  void hold(Slot<W>& s, int v, M lanes, M low, M high) {
    s.held_low[v] = pick_mask(lanes, low, s.held_low[v]);
    s.held_high[v] = pick_mask(lanes, high, s.held_high[v]);
  }

  static M free(const Slot<W>& s, int v) {
    return (s.on[v] > V{}) & ~(s.held_low[v] | s.held_high[v]);
  }

  // Reserve first, then the spare level: one of the two at most is free.
  void order_level(Slot<W>& s, M lanes) {
    const M with_spare = lanes & (s.on[spare] > V{}) & ~s.held_low[spare];
    const M full = with_spare & (s.on[reserve] > V{});
    s.held_high[reserve] |= full;
    s.held_low[reserve] &= ~full;
  }

  // Residuals, corrections of the set and the factors. Returns the lanes that need no step.
  M prepare(M lanes, bool check) {
    const M done = assemble(lanes, check);
    const M loose = lanes & untied_;
    if (any(loose)) {
      tie_largest(loose);
      assemble(lanes, false);
    }
    return done;
  }

  M assemble(M lanes, bool check) {
    checked_ = check ? lanes : A::nowhere();
    changed_ = A::nowhere();
    worst_primal_ = worst_dual_ = V{};
    if (check) hold_peak();
    newton_.begin(larger(mode == Mode::proximal ? whole_.compliance : V{},
                         broadcast(least_compliance) * whole_.energy_scale / whole_.price_scale));
    V excess = whole_.flexible_excess;
    peak_dual_ = whole_.peak_gradient;
    M tied = A::nowhere();
    V level_before{};
    for (std::size_t t = 0; t < T; ++t) {
      Slot<W>& s = slot_[t];
      signs(s, t + 1 < T ? slot_[t + 1].set_battery_price : V{});
      equations(s, level_before);
      weights(s);
      newton_.factor(s, [](const Slot<W>& slot, V cover) { return level(slot, cover); });
      excess += s.x[flexible];
      const M at_peak = s.held_high[grid] & (s.on[grid] > V{});
      tied |= at_peak;
      peak_dual_ += pick(at_peak, -s.rho[grid], V{});
    }
    excess_ = whole_.flexible_on * excess;
    worst_primal_ = larger(worst_primal_, magnitude(excess_));
    const M peak_moves = peak_free();
    worst_dual_ = larger(worst_dual_, pick(peak_moves, magnitude(peak_dual_), V{}));
    untied_ = peak_moves & ~tied & (whole_.peak_gradient > V{});
    release_peak();
    const V tight = broadcast(residual_tolerance);
    return checked_ & ~changed_ & ~untied_ & (worst_primal_ <= tight * whole_.energy_scale) &
           (worst_dual_ <= tight * whole_.price_scale);
  }

  // Bounds that let go or take hold, after the step; then ρ = −(gradient of the Lagrangian).
  void signs(Slot<W>& s, V next) {
    const V p = s.set_price;
    const V mu = s.set_battery_price;
    sign(s, grid, whole_.tie_break, -p);
    sign(s, renewable, whole_.tie_break, -p);
    sign(s, flexible, whole_.curvature, p - whole_.set_flexible_price);
    sign(s, charge, whole_.tie_break, p - whole_.efficiency * mu);
    sign(s, discharge, whole_.tie_break, whole_.inverse_efficiency * mu - p);
    const M full = s.held_high[reserve] | ~(s.on[reserve] > V{});
    const M empty = s.held_low[spare] | ~(s.on[spare] > V{});
    sign(s, reserve, V{}, mu - next, empty, A::everywhere());
    sign(s, spare, V{}, mu - next, A::everywhere(), full);
    if constexpr (mode == Mode::fixed) {
      elastic_sign(s, unserved, -p);
      elastic_sign(s, spilled, p);
    }
  }

  // `off_high`, `off_low`: lanes in which the variable may leave that bound.
  void sign(Slot<W>& s, int v, V curvature, V coupling, M off_high, M off_low) {
    const M on = s.on[v] > V{};
    const V room = v == grid ? whole_.set_peak : s.width[v];
    const V slope = s.gradient[v] + curvature * s.x[v] + coupling;
    const V dear = broadcast(sign_tolerance) * whole_.price_scale;
    const V far = broadcast(distance_tolerance) * whole_.energy_scale;
    const M was_free = on & ~(s.held_low[v] | s.held_high[v]);
    const M leaves_low = checked_ & s.held_low[v] & (slope < -dear) & off_low;
    const M leaves_high = checked_ & s.held_high[v] & (slope > dear) & off_high;
    const M meets_low = checked_ & was_free & (s.x[v] < -far);
    const M meets_high = checked_ & was_free & (s.x[v] > room + far);
    s.held_low[v] = (s.held_low[v] & ~leaves_low) | meets_low;
    s.held_high[v] = (s.held_high[v] & ~leaves_high) | meets_high;
    changed_ |= leaves_low | leaves_high | meets_low | meets_high;
    s.x[v] = pick(s.held_low[v], V{}, pick(s.held_high[v], room, s.x[v]));
    const V gradient = s.gradient[v] + curvature * s.x[v] + coupling;
    s.rho[v] = pick(on, -gradient, V{});
    worst_dual_ = larger(worst_dual_, pick(was_free & free(s, v), magnitude(gradient), V{}));
  }
  void sign(Slot<W>& s, int v, V curvature, V coupling) {
    sign(s, v, curvature, coupling, A::everywhere(), A::everywhere());
  }

  void elastic_sign(Slot<W>& s, int v, V coupling) {
    const V slope = whole_.penalty + whole_.tie_break * s.extra_x[v] + coupling;
    const M held = s.extra_held[v];
    const M leaves = checked_ & held & (slope < -broadcast(sign_tolerance) * whole_.price_scale);
    const M meets =
        checked_ & ~held & (s.extra_x[v] < -broadcast(distance_tolerance) * whole_.energy_scale);
    s.extra_held[v] = (held & ~leaves) | meets;
    changed_ |= leaves | meets;
    s.extra_x[v] = pick(s.extra_held[v], V{}, s.extra_x[v]);
    const V gradient = whole_.penalty + whole_.tie_break * s.extra_x[v] + coupling;
    s.extra_rho[v] = -gradient;
    worst_dual_ = larger(worst_dual_, pick(s.extra_held[v] | held, V{}, magnitude(gradient)));
  }

  void equations(Slot<W>& s, V& level_before) {
    V trade = s.target;
    if constexpr (mode == Mode::proximal) {
      trade += whole_.compliance * (s.set_price - whole_.p2p_price);
    }
    s.balance = s.supply + s.x[grid] + s.x[renewable] + s.x[discharge] + trade - s.x[flexible] -
                s.x[charge];
    if constexpr (mode == Mode::fixed) s.balance += s.extra_x[unserved] - s.extra_x[spilled];
    const V stored = s.x[reserve] + s.x[spare];
    s.dynamics = s.shift + stored - level_before - whole_.efficiency * s.x[charge] +
                 whole_.inverse_efficiency * s.x[discharge];
    level_before = stored;
    worst_primal_ = larger(worst_primal_, larger(magnitude(s.balance), magnitude(s.dynamics)));
  }

  void weights(Slot<W>& s) {
    const V give = inverse_tie_break_;
    s.inverse[grid] = pick(free(s, grid), give, V{});
    s.own = whole_.tie_break;
    s.pull = pick(s.held_high[grid] & (s.on[grid] > V{}), broadcast(1.0), V{});
    s.inverse[renewable] = pick(free(s, renewable), give, V{});
    s.inverse[flexible] = pick(free(s, flexible), inverse_curvature_, V{});
    s.inverse[charge] = pick(free(s, charge), give, V{});
    s.inverse[discharge] = pick(free(s, discharge), give, V{});
    const M in_reserve = free(s, reserve);
    s.inverse[reserve] = s.inverse[spare] = V{};
    s.split = pick(in_reserve, broadcast(1.0), V{});
    s.level_rho = pick(in_reserve, s.rho[reserve], s.rho[spare]);
    if constexpr (mode == Mode::fixed) {
      for (int v = 0; v < elastics; ++v) s.extra_give[v] = pick(s.extra_held[v], V{}, give);
    }
  }

  // A free level follows its neighbours without any give of its own; a held one stays.
  static Level<W> level(const Slot<W>& s, V cover) {
    const M free_level = free(s, reserve) | free(s, spare);
    const V one = broadcast(1.0);
    const V keep = pick(free_level, one, V{});
    const M rigid = ~(cover > V{});
    const V inverse = one / pick(rigid, one, cover);
    return {keep, pick(free_level, cover, V{}), keep, pick(free_level | rigid, V{}, inverse)};
  }

  [[nodiscard]] M peak_free() const {
    return (whole_.peak_on > V{}) & ~(whole_.peak_high | whole_.peak_low);
  }

  // A peak beyond 0 or its limit is held there, before the slots tied to it are placed.
  void hold_peak() {
    const V far = broadcast(distance_tolerance) * whole_.energy_scale;
    const M moves = checked_ & peak_free();
    const M over = moves & (whole_.set_peak > whole_.grid_max + far);
    const M under = moves & (whole_.set_peak < -far);
    whole_.peak_high |= over;
    whole_.peak_low |= under;
    whole_.set_peak = pick(over, whole_.grid_max, pick(under, V{}, whole_.set_peak));
    changed_ |= over | under;
  }

  // A held peak that would rather move is let go.
  void release_peak() {
    const V dear = broadcast(sign_tolerance) * whole_.price_scale;
    const M down = checked_ & whole_.peak_high & (peak_dual_ > dear);
    const M up = checked_ & whole_.peak_low & (peak_dual_ < -dear);
    whole_.peak_high &= ~down;
    whole_.peak_low &= ~up;
    changed_ |= down | up;
    newton_.set_peak_free(peak_free());
  }

  // Where the peak is dear, free and nothing stands at it, it comes down to the largest grid.
  void tie_largest(M lanes) {
    V largest = broadcast(-1.0);
    for (std::size_t t = 0; t < T; ++t) largest = larger(largest, slot_[t].x[grid]);
    M open = lanes;
    for (std::size_t t = 0; t < T; ++t) {
      Slot<W>& s = slot_[t];
      const M here = open & (s.on[grid] > V{}) & (s.x[grid] == largest);
      s.held_high[grid] |= here;
      s.held_low[grid] &= ~here;
      open &= ~here;
    }
    whole_.set_peak = pick(lanes, largest, whole_.set_peak);
  }

  void advance(M lanes) {
    const auto move = [&](V& value, V step) { value = pick(lanes, value + step, value); };
    V next{};
    for (std::size_t t = T; t-- > 0;) {
      Slot<W>& s = slot_[t];
      newton_.expand(s, next);
      next = s.battery_step;
      for (int v = 0; v < variables; ++v) move(s.x[v], s.step[v]);
      for (int v = 0; mode == Mode::fixed && v < elastics; ++v) {
        move(s.extra_x[v], s.extra_step[v]);
      }
      move(s.set_price, s.price_step);
      move(s.set_battery_price, s.battery_step);
    }
    move(whole_.set_flexible_price, whole_.flexible_on * newton_.flexible_step);
    move(whole_.set_peak, newton_.peak_step);
  }

  std::size_t T;
  Slot<W>* slot_;
  Whole<W>& whole_;
  Newton<W, mode>& newton_;
  M checked_{}, changed_{}, untied_{};
  V worst_primal_{}, worst_dual_{}, excess_{}, peak_dual_{};
  V inverse_tie_break_ = broadcast(1.0) / whole_.tie_break;
  V inverse_curvature_ = broadcast(1.0) / whole_.curvature;
};

}  // namespace
}  // namespace gridtally::qp::kernel
