// Several prosumers at a time, one in each lane of a vector: a sum has to take its terms one after
// the other, but sums of several prosumers need not wait for each other.
#include "market/partner_sizes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/wide.hpp"
#include "market/lanes.hpp"

namespace gridtally::market {

namespace {

template <class Vector>
void add_half_square(Vector& sum, const Vector& value) {
  const Vector half = 0.5 * value;
  sum += half * half;
}

}  // namespace

/// Some prosumers, and their own numbers, [T][lanes].
template <std::size_t lanes>
struct PartnerSizes::Some {
  explicit Some(std::size_t slots)
      : change(slots * lanes), price(slots * lanes), trade(slots * lanes) {}

  std::array<std::size_t, lanes> prosumers{};
  std::vector<double> change;
  std::vector<double> price;
  std::vector<double> trade;
};

template <std::size_t lanes>
struct PartnerSizes::Sums {
  Lanes<lanes> of[columns] = {};

  /// Those of one lane as they were in `before`.
  void keep(std::size_t lane, const Sums& before) {
    for (std::size_t column = 0; column < columns; ++column) {
      of[column][lane] = before.of[column][lane];
    }
  }
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

void PartnerSizes::set(std::size_t first, std::size_t last, std::span<double> parts,
                       std::size_t lanes) const {
  const auto order = graph_.breadth_first();
  const auto set = [&](auto width) {
    Some<width> some(slots_);
    for (std::size_t i = first; i < last; i += width) {
      take<width>(&order[i], last - i, some);
      const auto sums = add_up<width>(some);
      for (std::size_t lane = 0; lane < width; ++lane) {
        double* row = &parts[some.prosumers[lane] * columns];
        for (std::size_t column = 0; column < columns; ++column)
          row[column] = sums.of[column][lane];
      }
    }
  };
  run_wide(set, lanes);
}

// Of fewer than `lanes` the last one stands in for others.
template <std::size_t lanes>
void PartnerSizes::take(const std::uint32_t* prosumers, std::size_t count,
                        Some<lanes>& some) const {
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    some.prosumers[lane] = prosumers[std::min(lane, count - 1)];
  }
  const auto copy = [&](const double* numbers, std::vector<double>& to) {
    Rows<lanes> rows;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      rows[lane] = numbers + some.prosumers[lane] * slots_;
    }
    for_slots<lanes>(slots_, rows, [&](std::size_t t, const Lanes<lanes>& of_slot) {
      store(of_slot, &to[t * lanes]);
    });
  };
  copy(change_, some.change);
  if (!all_) return;
  copy(price_, some.price);
  copy(trade_, some.trade);
}

template <std::size_t lanes>
PartnerSizes::Sums<lanes> PartnerSizes::add_up(const Some<lanes>& some) const {
  std::size_t fewest = graph_.arcs();
  std::size_t most = 0;
  std::size_t who = 0;  // has the most partners
  for (const auto u : some.prosumers) {
    fewest = std::min<std::size_t>(fewest, graph_.partners(u));
    if (graph_.partners(u) > most) who = u;
    most = std::max<std::size_t>(most, graph_.partners(u));
  }
  Sums<lanes> sums;
  std::size_t arcs[lanes];
  for (std::size_t i = 0; i < fewest; ++i) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      arcs[lane] = graph_.first(some.prosumers[lane]) + i;
    }
    add_arcs<lanes>(some, arcs, sums);
  }
  for (std::size_t i = fewest; i < most; ++i) {  // some have no further partner: their sums stay
    const auto before = sums;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const auto u = some.prosumers[lane];
      arcs[lane] = graph_.first(i < graph_.partners(u) ? u : who) + i;
    }
    add_arcs<lanes>(some, arcs, sums);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if (i >= graph_.partners(some.prosumers[lane])) sums.keep(lane, before);
    }
  }
  return sums;
}

template <std::size_t lanes>
void PartnerSizes::add_arcs(const Some<lanes>& some, const std::size_t* arcs,
                            Sums<lanes>& sums) const {
  using Vector = Lanes<lanes>;
  const auto for_partners = [&](const double* numbers, const auto& use) {
    Rows<lanes> rows;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      rows[lane] = numbers + targets_[arcs[lane]] * slots_;
    }
    for_slots<lanes>(slots_, rows, use);
  };
  const auto own = [&](const std::vector<double>& numbers, std::size_t t, Vector& own_numbers) {
    load(&numbers[t * lanes], own_numbers);
  };
  Vector square{};
  for_partners(change_, [&](std::size_t t, const Vector& partner) {
    Vector change;
    own(some.change, t, change);
    add_half_square<Vector>(square, change + partner);
  });
  sums.of[missed] += square;
  for (std::size_t lane = 0; lane < lanes; ++lane) square[lane] = std::sqrt(square[lane]);
  sums.of[residual] += square;
  if (!all_) return;
  Vector moved_sum = sums.of[moved];
  Vector priced_sum = sums.of[priced];
  for_partners(price_, [&](std::size_t t, const Vector& partner) {
    Vector price;
    own(some.price, t, price);
    add_half_square<Vector>(moved_sum, price - partner);
    add_half_square<Vector>(priced_sum, price + partner);
  });
  Vector traded_sum = sums.of[traded];
  for_partners(trade_, [&](std::size_t t, const Vector& partner) {
    Vector trade;
    own(some.trade, t, trade);
    add_half_square<Vector>(traded_sum, trade - partner);
  });
  sums.of[moved] = moved_sum;
  sums.of[priced] = priced_sum;
  sums.of[traded] = traded_sum;
}

}  // namespace gridtally::market
