// Two prosumers at a time, one in each lane of a vector: a sum has to take its terms one after the
// other, but two sums need not wait for each other.
#include "market/partner_sizes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "market/partner_sum.hpp"

namespace gridtally::market {

namespace {

// Numbers of two prosumers.
using Two = double __attribute__((vector_size(2 * sizeof(double))));

Two load(const double* from) {
  Two two;
  std::memcpy(&two, from, sizeof two);
  return two;
}
Two firsts(Two a, Two b) { return Two{a[0], b[0]}; }
Two seconds(Two a, Two b) { return Two{a[1], b[1]}; }
Two half_squared(Two value) {
  const Two half = 0.5 * value;
  return half * half;
}

// Calls use(t, numbers of slot t of both) for each slot of two rows.
template <class Use>
void for_slots(std::size_t slots, const double* u, const double* v, const Use& use) {
  std::size_t t = 0;
  for (; t + 2 <= slots; t += 2) {
    const Two of_u = load(u + t);
    const Two of_v = load(v + t);
    use(t, firsts(of_u, of_v));
    use(t + 1, seconds(of_u, of_v));
  }
  if (t < slots) use(t, Two{u[t], v[t]});
}

}  // namespace

struct PartnerSizes::Sums {
  Two missed{};
  Two residual{};
  Two moved{};
  Two traded{};
  Two priced{};

  void write(std::size_t lane, double* row) const {
    row[market::residual] = residual[lane];
    row[market::missed] = missed[lane];
    row[market::moved] = moved[lane];
    row[market::traded] = traded[lane];
    row[market::priced] = priced[lane];
  }
  /// With the other lane as it was in `before`.
  [[nodiscard]] Sums only(std::size_t lane, const Sums& before) const {
    Sums sums = before;
    sums.missed[lane] = missed[lane];
    sums.residual[lane] = residual[lane];
    sums.moved[lane] = moved[lane];
    sums.traded[lane] = traded[lane];
    sums.priced[lane] = priced[lane];
    return sums;
  }
};

/// The two prosumers' own rows.
struct PartnerSizes::Own {
  explicit Own(std::size_t slots) : change(slots), price(slots), trade(slots) {}
  std::vector<Two> change;
  std::vector<Two> price;
  std::vector<Two> trade;
};

PartnerSizes::PartnerSizes(const Terms& terms, std::span<const double> change, const Iterate& after,
                           bool all)
    : graph_(terms.graph),
      targets_(terms.graph.targets()),
      slots_(terms.slots),
      all_(all),
      change_(change.data()),
      price_(after.first.data()),
      trade_(after.second.data()) {}

void PartnerSizes::set(std::size_t first, std::size_t last, std::span<double> parts) const {
  const auto order = graph_.breadth_first();
  Own own(slots_);
  for (std::size_t i = first; i < last; i += 2) {
    const std::size_t u = order[i];
    const std::size_t v = order[std::min(i + 1, last - 1)];  // of the last alone, the same twice
    Sums sums;
    set_pair(u, v, own, sums);
    sums.write(0, &parts[u * columns]);
    sums.write(1, &parts[v * columns]);
  }
}

void PartnerSizes::set_pair(std::size_t u, std::size_t v, Own& own, Sums& sums) const {
  const auto copy = [&](const double* rows, std::vector<Two>& to) {
    for_slots(slots_, rows + u * slots_, rows + v * slots_,
              [&](std::size_t t, Two numbers) { to[t] = numbers; });
  };
  copy(change_, own.change);
  if (all_) {
    copy(price_, own.price);
    copy(trade_, own.trade);
  }
  const std::size_t of_u = graph_.partners(u);
  const std::size_t of_v = graph_.partners(v);
  const std::size_t both = std::min(of_u, of_v);
  for (std::size_t i = 0; i < both; ++i) {
    add_arcs(graph_.first(u) + i, graph_.first(v) + i, own, sums);
  }
  for (std::size_t i = both; i < std::max(of_u, of_v); ++i) {
    const std::size_t arc = graph_.first(of_u > of_v ? u : v) + i;
    Sums next = sums;
    add_arcs(arc, arc, own, next);
    sums = next.only(of_u > of_v ? 0 : 1, sums);
  }
}

void PartnerSizes::add_arcs(std::size_t arc_of_u, std::size_t arc_of_v, const Own& own,
                            Sums& sums) const {
  const std::size_t u = targets_[arc_of_u] * slots_;
  const std::size_t v = targets_[arc_of_v] * slots_;
  Two square{};
  for_slots(slots_, change_ + u, change_ + v,
            [&](std::size_t t, Two partner) { square += half_squared(own.change[t] + partner); });
  sums.missed += square;
  sums.residual += Two{std::sqrt(square[0]), std::sqrt(square[1])};
  if (!all_) return;
  Two moved = sums.moved;
  Two priced = sums.priced;
  for_slots(slots_, price_ + u, price_ + v, [&](std::size_t t, Two partner) {
    moved += half_squared(own.price[t] - partner);
    priced += half_squared(own.price[t] + partner);
  });
  Two traded = sums.traded;
  for_slots(slots_, trade_ + u, trade_ + v,
            [&](std::size_t t, Two partner) { traded += half_squared(own.trade[t] - partner); });
  sums.moved = moved;
  sums.priced = priced;
  sums.traded = traded;
}

}  // namespace gridtally::market
