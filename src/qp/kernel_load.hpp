// Between a day's arrays and the kernel's memory.
#pragma once

#include "qp/kernel_slot.hpp"

namespace gridtally::qp::kernel {
namespace {

/// Strength of the tie break, relative to (price scale)/(energy scale). In the published schedule
/// it makes the shares of grid, renewable and battery unique and smooth in the data, and leaves
/// the cost as it is to 1e-7; in the ADMM step, where it shifts the prices, it is smaller; the
/// bound's problem has none.
constexpr double tie_break_share(Mode mode) {
  return mode == Mode::proximal ? 1e-8 : mode == Mode::fixed ? 1e-6 : 0.0;
}
/// An interval below this share of the quantity is taken as a single point.
constexpr double negligible = 1e-11;
/// Cost of unserved and spilled energy, in price scales: above every price that a day can produce.
constexpr double penalty_share = 200.0;

template <int W, Mode mode>
class Loader : Arithmetic<W> {
  using A = Arithmetic<W>;
  using V = typename A::V;
  using M = typename A::M;
  using A::broadcast;
  using A::larger;
  using A::magnitude;
  using A::pick;
  using A::smaller;

 public:
  Loader(const Batch& batch, const Work<W>& work)
      : T(batch.slots), batch_(batch), slot_(work.slot), whole_(*work.whole) {
    int first = 0;
    while (batch.day[first] == nullptr) ++first;
    for (int i = 0; i < W; ++i) {
      filled_[i] = batch.day[i] != nullptr ? -1 : 0;
      day_[i] = batch.day[i] != nullptr ? batch.day[i] : batch.day[first];
      point_[i] = batch.day[i] != nullptr ? batch.point[i] : batch.point[first];
    }
  }

  [[nodiscard]] M filled() const { return filled_; }

  void load() {
    load_whole();
    V energy{};
    V flexible_low{};
    V flexible_on{};
    V floor_before = of(&Day::battery_start) - of(&Day::battery_min);
    for (std::size_t t = 0; t < T; ++t) {
      Slot<W>& s = slot_[t];
      bounds(s, t);
      s.supply = -s.lowest[flexible] - of(&Day::inflexible, t);
      const V floor = s.lowest[reserve] + s.lowest[spare];
      s.shift = floor - floor_before;
      floor_before = floor;
      s.target = of(&Day::target, t);
      energy += of(&Day::flexible_reference, t);
      flexible_low += s.lowest[flexible];
      flexible_on = larger(flexible_on, s.on[flexible]);
    }
    whole_.flexible_excess = flexible_low - energy;
    whole_.flexible_on = flexible_on;
    scales();
  }

  /// The points' active sets and values; lanes without a set are not in the mask returned.
  M load_points() {
    M known = filled_;
    M peak_high{};
    M peak_low{};
    V peak{};
    V flexible_price{};
    for (int i = 0; i < W; ++i) {
      peak[i] = *point_[i]->peak;
      flexible_price[i] = *point_[i]->flexible_price;
      if ((point_[i]->active_set[0] & set_peak_high) != 0) peak_high[i] = -1;
      if ((point_[i]->active_set[0] & set_peak_low) != 0) peak_low[i] = -1;
    }
    whole_.set_peak = peak;
    whole_.set_flexible_price = flexible_price;
    whole_.peak_high = peak_high;
    whole_.peak_low = peak_low;
    for (std::size_t t = 0; t < T; ++t) known &= load_point(slot_[t], t);
    return known;
  }

  /// Writes the lanes' interior points.
  void store_interior(M lanes) {
    for (std::size_t t = 0; t < T; ++t) {
      Slot<W>& s = slot_[t];
      V x[variables];
      for (int v = 0; v < variables; ++v) x[v] = s.on[v] * s.low[v];
      const V empty{};
      const V over = mode == Mode::fixed ? s.extra[unserved] : empty;
      const V under = mode == Mode::fixed ? s.extra[spilled] : empty;
      store_slot(lanes, t, x, over, under, s.price, s.battery_price, s.on[grid] * s.high_z[grid],
                 s.low_z[spare]);
    }
    store_whole(lanes, whole_.flexible_price);
  }

  /// Writes the lanes' solutions with their active sets.
  void store_active(M lanes) {
    for (std::size_t t = 0; t < T; ++t) {
      Slot<W>& s = slot_[t];
      const V next = t + 1 < T ? slot_[t + 1].set_battery_price : V{};
      const M tied = s.held_high[grid] & (s.on[grid] > V{});
      const V share = pick(tied, larger(s.rho[grid], V{}), V{});
      const V level = pick(s.held_low[spare], s.set_battery_price - next, V{});
      const V empty{};
      store_slot(lanes, t, s.x, mode == Mode::fixed ? s.extra_x[unserved] : empty,
                 mode == Mode::fixed ? s.extra_x[spilled] : empty, s.set_price, s.set_battery_price,
                 share, larger(level, V{}));
      for (int i = 0; i < W; ++i) {
        if (lanes[i] != 0) point_[i]->active_set[t] = set_word(s, i);
      }
    }
    store_whole(lanes, whole_.set_flexible_price);
    for (int i = 0; i < W; ++i) {
      if (lanes[i] == 0) continue;
      if (whole_.peak_high[i] != 0) point_[i]->active_set[0] |= set_peak_high;
      if (whole_.peak_low[i] != 0) point_[i]->active_set[0] |= set_peak_low;
    }
  }

 private:
  V of(const double* Day::*row, std::size_t t) const {
    V out{};
    for (int i = 0; i < W; ++i) out[i] = (day_[i]->*row)[t];
    return out;
  }
  V of(double Day::*number) const {
    V out{};
    for (int i = 0; i < W; ++i) out[i] = day_[i]->*number;
    return out;
  }

  void load_whole() {
    whole_.compliance = of(&Day::compliance);
    whole_.efficiency = of(&Day::efficiency);
    whole_.inverse_efficiency = broadcast(1.0) / whole_.efficiency;
    whole_.curvature = broadcast(2.0) * of(&Day::discomfort_weight);
    whole_.p2p_price = of(&Day::p2p_price);
    whole_.peak_gradient = of(&Day::peak_price);
    whole_.grid_max = of(&Day::grid_max);
    whole_.peak_on = pick(whole_.grid_max > broadcast(negligible), broadcast(1.0), V{});
    prices_ =
        larger(larger(magnitude(whole_.p2p_price), of(&Day::wear_cost)), whole_.peak_gradient);
    energies_ = larger(of(&Day::charge_limit), of(&Day::discharge_limit));
    idle_ = M{};
    for (int i = 0; i < W; ++i) idle_[i] = day_[i]->idle ? -1 : 0;
  }

  void bounds(Slot<W>& s, std::size_t t) {
    const V price = of(&Day::grid_price, t);
    const V reserve_price = larger(of(&Day::reserve_price, t), V{});
    const V sun = of(&Day::renewable, t);
    const V reference = of(&Day::flexible_reference, t);
    const V low = of(&Day::flexible_low, t);
    const V high = of(&Day::flexible_high, t);
    interval(s, grid, price, V{}, whole_.grid_max);
    interval(s, renewable, V{}, V{}, sun);
    interval(s, flexible, whole_.curvature * (low - reference), low, high);
    interval(s, charge, of(&Day::wear_cost), V{}, of(&Day::charge_max));
    interval(s, discharge, of(&Day::wear_cost), V{}, of(&Day::discharge_max));
    level_bounds(s, t, reserve_price);
    prices_ = larger(larger(prices_, magnitude(price)), reserve_price);
    const V most = of(&Day::flexible_max, t);
    prices_ = larger(prices_, whole_.curvature * (most - of(&Day::flexible_min, t)));
    if constexpr (mode == Mode::linear) {
      prices_ = larger(prices_, magnitude(of(&Day::target, t)));
    }
    energies_ = larger(larger(energies_, of(&Day::inflexible, t)), larger(sun, most));
  }

  // b − b_min = e + w; where the reserve pays nothing, all of it is w.
  void level_bounds(Slot<W>& s, std::size_t t, V reserve_price) {
    const V bottom = of(&Day::battery_min);
    const V room = of(&Day::battery_max) - bottom;
    const V start = of(&Day::battery_start) - bottom;
    const V end = smaller(larger(of(&Day::battery_end) - bottom, V{}), room);
    const V floor = pick(idle_, start, t + 1 == T ? end : V{});
    const V top = pick(idle_, start, room);
    const V most = pick(reserve_price > V{}, smaller(of(&Day::reserve_max), top), V{});
    interval(s, reserve, -reserve_price, smaller(floor, most), most);
    interval(s, spare, V{}, larger(floor - most, V{}), top - most);
  }

  void interval(Slot<W>& s, int v, V gradient, V low, V high) {
    const V width = high - low;
    const M on = width > broadcast(negligible) * larger(broadcast(1.0), magnitude(high));
    s.lowest[v] = low;
    s.width[v] = pick(on, width, V{});
    s.on[v] = pick(on, broadcast(1.0), V{});
    s.gradient[v] = gradient;
  }

  void scales() {
    const V one = broadcast(1.0);
    energies_ = pick(energies_ > V{}, energies_, pick(whole_.grid_max > V{}, whole_.grid_max, one));
    prices_ = pick(prices_ > V{}, prices_, one);
    whole_.energy_scale = energies_;
    whole_.price_scale = prices_;
    whole_.penalty = broadcast(penalty_share) * prices_;
    whole_.tie_break = broadcast(tie_break_share(mode)) * prices_ / energies_;
    // A flexible load without a weight of its own: the tie break draws it to its lower bound.
    whole_.curvature = larger(whole_.curvature, whole_.tie_break);
  }

  M load_point(Slot<W>& s, std::size_t t) {
    std::uint32_t word[W];
    M known{};
    for (int i = 0; i < W; ++i) {
      word[i] = point_[i]->active_set[t];
      known[i] = (word[i] & set_known) != 0 ? -1 : 0;
    }
    for (int v = 0; v < variables; ++v) {
      s.held_low[v] = bits(word, 2 * v);
      s.held_high[v] = bits(word, 2 * v + 1);
    }
    for (int v = 0; v < elastics; ++v) s.extra_held[v] = bits(word, 2 * (variables + v));
    V stored{};
    const auto lanes = [&](V& value, double* Point::*row) {
      V read{};
      for (int i = 0; i < W; ++i) read[i] = (point_[i]->*row)[t];
      value = read;
    };
    lanes(s.x[grid], &Point::grid);
    lanes(s.x[renewable], &Point::renewable);
    lanes(s.x[flexible], &Point::flexible);
    lanes(s.x[charge], &Point::charge);
    lanes(s.x[discharge], &Point::discharge);
    lanes(s.x[reserve], &Point::reserve);
    lanes(stored, &Point::stored);
    lanes(s.set_price, &Point::price);
    lanes(s.set_battery_price, &Point::battery_price);
    lanes(s.extra_x[unserved], &Point::unserved);
    lanes(s.extra_x[spilled], &Point::spilled);
    s.x[spare] = stored - of(&Day::battery_min) - s.x[reserve];
    for (int v = 0; v < variables; ++v) {
      s.x[v] = pick(s.on[v] > V{}, s.x[v] - s.lowest[v], V{});
    }
    return known;
  }

  static M bits(const std::uint32_t* word, int bit) {
    M out{};
    for (int i = 0; i < W; ++i) out[i] = ((word[i] >> bit) & 1U) != 0 ? -1 : 0;
    return out;
  }

  static std::uint32_t set_word(const Slot<W>& s, int lane) {
    std::uint32_t word = set_known;
    for (int v = 0; v < variables; ++v) {
      if (s.held_low[v][lane] != 0) word |= static_cast<std::uint32_t>(at_low) << (2 * v);
      if (s.held_high[v][lane] != 0) word |= static_cast<std::uint32_t>(at_high) << (2 * v);
    }
    for (int v = 0; mode == Mode::fixed && v < elastics; ++v) {
      if (s.extra_held[v][lane] != 0) word |= 1U << (2 * (variables + v));
    }
    return word;
  }

  // `level_z`: the multiplier of w ≥ 0, from which that of e ≤ b − b_min follows.
  void store_slot(M lanes, std::size_t t, const V* x, V unserved_energy, V spilled_energy, V price,
                  V battery_price, V peak_share, V level_z) {
    const Slot<W>& s = slot_[t];
    V value[variables];
    for (int v = 0; v < variables; ++v) {
      const V top = v == grid ? whole_.grid_max : s.width[v];
      value[v] = s.lowest[v] + smaller(larger(x[v], V{}), top);
    }
    const V stored = value[reserve] + value[spare] + of(&Day::battery_min);
    const V pays = larger(-s.gradient[reserve], V{});
    const V full = pick(s.lowest[spare] > V{}, V{}, pays);
    const V share = pick(s.on[spare] > V{}, smaller(level_z, full), full);
    V trade = s.target;
    if constexpr (mode == Mode::proximal) {
      trade += whole_.compliance * (price - whole_.p2p_price);
    } else if constexpr (mode == Mode::linear) {
      trade = value[flexible] + of(&Day::inflexible, t) + value[charge] - value[grid] -
              value[renewable] - value[discharge];
    }
    for (int i = 0; i < W; ++i) {
      if (lanes[i] == 0) continue;
      const Point& point = *point_[i];
      point.grid[t] = value[grid][i];
      point.renewable[t] = value[renewable][i];
      point.flexible[t] = value[flexible][i];
      point.charge[t] = value[charge][i];
      point.discharge[t] = value[discharge][i];
      point.reserve[t] = value[reserve][i];
      point.stored[t] = stored[i];
      point.net_trade[t] = trade[i];
      point.unserved[t] = unserved_energy[i];
      point.spilled[t] = spilled_energy[i];
      point.price[t] = price[i];
      point.battery_price[t] = battery_price[i];
      point.peak_share[t] = peak_share[i];
      point.reserve_share[t] = share[i];
      point.active_set[t] = 0;
    }
  }

  void store_whole(M lanes, V flexible_price) {
    for (int i = 0; i < W; ++i) {
      if (lanes[i] == 0) continue;
      double peak = 0.0;
      for (std::size_t t = 0; t < T; ++t) {
        if (point_[i]->grid[t] > peak) peak = point_[i]->grid[t];
      }
      *point_[i]->peak = peak;
      *point_[i]->flexible_price = flexible_price[i];
    }
  }

  std::size_t T;
  const Batch& batch_;
  Slot<W>* slot_;
  Whole<W>& whole_;
  M filled_{};
  M idle_{};
  const Day* day_[W];
  const Point* point_[W];
  V prices_{}, energies_{};
};

}  // namespace
}  // namespace gridtally::qp::kernel
