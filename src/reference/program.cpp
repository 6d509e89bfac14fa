#include "reference/program.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gridtally::reference {

namespace {

constexpr double endless = std::numeric_limits<double>::infinity();

std::vector<int> owners(const Layout& layout, std::size_t nodes) {
  std::vector<int> owner(nodes, -1);
  std::size_t chunk = 0;
  for (std::size_t rank = 0; rank < layout.counts.size(); ++rank) {
    for (int i = 0; i < layout.counts[rank]; ++i, ++chunk) {
      int& first = owner[layout.chunks[chunk].node];
      if (first < 0) first = static_cast<int>(rank);
    }
  }
  return owner;
}

}  // namespace

CommunityProgram::CommunityProgram(MPI_Comm ranks, std::span<const qp::DayProblem> days,
                                   const MarketNodes& market, const Layout& layout,
                                   const Terms& terms)
    : ranks_(ranks),
      days_(days),
      market_(market),
      terms_(terms),
      owner_(owners(layout, market.nodes)),
      node_row_(market.nodes, -1),
      node_right_(market.nodes * terms.slots, 0.0),
      places_(days.size()) {
  MPI_Comm_rank(ranks, &rank_);
  for (const auto& chunk : layout.chunks_of(rank_)) {
    for (std::size_t i = 0; i < chunk.count; ++i) add_prosumer(chunk.first + i, chunk.node);
  }
  add_lines();
  add_nodes();
  number();
}

Place CommunityProgram::variable(const Program::Unknown& unknown) {
  program_.unknowns.push_back(unknown);
  return {static_cast<std::int64_t>(program_.unknowns.size()) - 1, 0.0};
}

// A row of A x = right; none where every variable in it is fixed. Local numbers until number().
Place CommunityProgram::row(std::initializer_list<Term> terms, double right, double start) {
  const bool fixed = std::all_of(terms.begin(), terms.end(),
                                 [](const Term& term) { return term.place.index < 0; });
  if (fixed) return {-1, start};
  const Place place = variable({true, 0.0, 0.0, 0.0, 0.0, start});
  for (const auto& [at, factor] : terms) {
    if (at.index < 0) {
      right -= factor * at.value;
    } else {
      program_.entries.push_back({place.index, at.index, factor});
    }
  }
  program_.right.push_back({place.index, right});
  return place;
}

Place CommunityProgram::bounded(Range range, double share, double gradient, double curvature) {
  if (!range.open()) return {-1, range.low};
  const double start = range.low + share * (range.high - range.low);
  return variable({false, range.low, range.high, gradient, curvature, start});
}

void CommunityProgram::add_prosumer(std::size_t i, std::uint32_t node) {
  const auto& day = days_[i];
  auto& places = places_[i];
  places.slots.resize(day.slots);
  program_.price_scale = std::max(program_.price_scale, scales(day).price);
  const Place peak = bounded(Bounds(day).grid(), 0.7, day.peak_price);
  for (std::size_t t = 0; t < day.slots; ++t) {
    add_slot(i, t, places.slots[t]);
    add_slack_rows(i, places.slots[t], peak);
    join_node(i, t, node, places.slots[t]);
  }
  for (std::size_t t = 0; t < day.slots; ++t) add_battery_row(i, t, places);
  add_flexible_row(i, places);
}

void CommunityProgram::add_slot(std::size_t i, std::size_t t, ProsumerPlaces::Slot& slot) {
  const auto& day = days_[i];
  const Bounds bounds(day);
  const double weight = 2.0 * day.discomfort_weight;
  auto& at = slot.variable;
  at[block::grid] = bounded(bounds.grid(), 0.3, day.grid_price[t]);
  at[block::renewable] = bounded(bounds.renewable(t), 0.5, 0.0);
  at[block::flexible] =
      bounded(bounds.flexible(t), 0.5, -weight * day.flexible_reference[t], weight);
  at[block::charge] = bounded(bounds.charge(), 0.5, day.wear_cost);
  at[block::discharge] = bounded(bounds.discharge(), 0.5, day.wear_cost);
  at[block::reserve] = bounded(bounds.reserve(t), 0.25, -day.reserve_price[t]);
  at[block::stored] = bounded(bounds.stored(t), 0.5, 0.0);
}

// g − y + slack = 0 and e − b + slack = −b_min.
void CommunityProgram::add_slack_rows(std::size_t i, ProsumerPlaces::Slot& slot, Place peak) {
  const auto& day = days_[i];
  const auto slack = [&](double start) { return variable({false, 0.0, endless, 0.0, 0.0, start}); };
  const auto& at = slot.variable;
  if (at[block::grid].index >= 0) {
    slot.peak_share =
        row({{at[block::grid], 1.0}, {peak, -1.0}, {slack(0.4 * day.grid_max), 1.0}}, 0.0, 0.0);
  }
  if (at[block::reserve].index >= 0) {
    const Place room = slack(0.25 * (day.battery_max - day.battery_min));
    slot.reserve_share = row({{at[block::reserve], 1.0}, {at[block::stored], -1.0}, {room, 1.0}},
                             -day.battery_min, 0.0);
  }
}

// b_t − b_{t−1} − η c + d/η = 0
void CommunityProgram::add_battery_row(std::size_t i, std::size_t t, ProsumerPlaces& places) {
  const auto& day = days_[i];
  const Place before =
      t > 0 ? places.slots[t - 1].variable[block::stored] : Place{-1, day.battery_start};
  auto& slot = places.slots[t];
  slot.battery_price = row({{slot.variable[block::stored], 1.0},
                            {before, -1.0},
                            {slot.variable[block::charge], -day.efficiency},
                            {slot.variable[block::discharge], 1.0 / day.efficiency}},
                           0.0, day.p2p_price);
}

// −Σ l = −E
void CommunityProgram::add_flexible_row(std::size_t i, ProsumerPlaces& places) {
  const auto& day = days_[i];
  places.flexible_price = {-1, day.p2p_price};
  double right = 0.0;
  std::vector<std::int64_t> open;
  for (std::size_t t = 0; t < day.slots; ++t) {
    const Place& at = places.slots[t].variable[block::flexible];
    right += (at.index < 0 ? at.value : 0.0) - day.flexible_reference[t];
    if (at.index >= 0) open.push_back(at.index);
  }
  if (open.empty()) return;
  places.flexible_price = variable({true, 0.0, 0.0, 0.0, 0.0, day.p2p_price});
  for (const auto column : open) {
    program_.entries.push_back({places.flexible_price.index, column, -1.0});
  }
  program_.right.push_back({places.flexible_price.index, right});
}

// s = l + L_if + c − g − r − d, in the node's row.
void CommunityProgram::join_node(std::size_t i, std::size_t t, std::uint32_t node,
                                 const ProsumerPlaces::Slot& slot) {
  double fixed = days_[i].inflexible[t];
  const auto add = [&](block::Variable v, double factor) {
    const Place& at = slot.variable[v];
    if (at.index >= 0) {
      node_terms_.push_back({node, t, at.index, factor});
    } else {
      fixed += factor * at.value;
    }
  };
  add(block::flexible, 1.0);
  add(block::charge, 1.0);
  add(block::grid, -1.0);
  add(block::renewable, -1.0);
  add(block::discharge, -1.0);
  node_right_[node * terms_.slots + t] -= fixed;
}

// What a line's first node buys from its second.
void CommunityProgram::add_lines() {
  for (const auto& line : market_.lines) {
    if (owner_[line.from] != rank_) continue;
    for (std::size_t t = 0; t < terms_.slots; ++t) {
      const Place flow = bounded({-line.limit, line.limit}, 0.5, 0.0);
      if (flow.index < 0) continue;
      node_terms_.push_back({line.from, t, flow.index, -1.0});
      node_terms_.push_back({line.to, t, flow.index, 1.0});
    }
  }
}

void CommunityProgram::add_nodes() {
  for (std::size_t n = 0; n < market_.nodes; ++n) {
    if (owner_[n] != rank_) continue;
    node_row_[n] = static_cast<long long>(program_.unknowns.size());
    for (std::size_t t = 0; t < terms_.slots; ++t) {
      variable({true, 0.0, 0.0, 0.0, 0.0, terms_.p2p_price});
    }
  }
}

// Local numbers become global ones.
void CommunityProgram::number() {
  const auto own = static_cast<long long>(program_.unknowns.size());
  long long last = 0;
  MPI_Scan(&own, &last, 1, MPI_LONG_LONG, MPI_SUM, ranks_);
  const std::int64_t first = program_.first = last - own;
  for (auto& entry : program_.entries) {
    entry.row += first;
    entry.column += first;
  }
  for (auto& share : program_.right) share.row += first;
  for (auto& row : node_row_) row = row < 0 ? -1 : row + first;
  MPI_Allreduce(MPI_IN_PLACE, node_row_.data(), static_cast<int>(node_row_.size()), MPI_LONG_LONG,
                MPI_MAX, ranks_);
  MPI_Allreduce(MPI_IN_PLACE, &program_.price_scale, 1, MPI_DOUBLE, MPI_MAX, ranks_);
  const auto number_of = [&](std::size_t node, std::size_t t) {
    return node_row_[node] + static_cast<std::int64_t>(t);
  };
  for (const auto& term : node_terms_) {
    program_.entries.push_back({number_of(term.node, term.t), term.column + first, term.factor});
  }
  for (std::size_t n = 0; n < market_.nodes; ++n) {
    for (std::size_t t = 0; t < terms_.slots; ++t) {
      const double share = node_right_[n * terms_.slots + t];
      if (share != 0.0) program_.right.push_back({number_of(n, t), share});
    }
  }
  node_terms_ = {};
}

std::vector<double> CommunityProgram::prices(std::span<const double> unknowns) const {
  std::vector<double> prices(market_.nodes * terms_.slots, 0.0);
  for (std::size_t n = 0; n < market_.nodes; ++n) {
    if (owner_[n] != rank_) continue;
    const auto row = static_cast<std::size_t>(node_row_[n] - program_.first);
    std::copy_n(&unknowns[row], terms_.slots, &prices[n * terms_.slots]);
  }
  // One rank has the number, the others have 0: the sum is exact.
  MPI_Allreduce(MPI_IN_PLACE, prices.data(), static_cast<int>(prices.size()), MPI_DOUBLE, MPI_SUM,
                ranks_);
  return prices;
}

void CommunityProgram::read(std::size_t day, std::span<const double> unknowns,
                            qp::Solution& out) const {
  const auto& problem = days_[day];
  const auto& places = places_[day];
  for (std::size_t t = 0; t < problem.slots; ++t) {
    const auto& slot = places.slots[t];
    const auto value = [&](block::Variable v) { return slot.variable[v].in(unknowns); };
    out.grid[t] = value(block::grid);
    out.renewable[t] = value(block::renewable);
    out.flexible[t] = value(block::flexible);
    out.charge[t] = value(block::charge);
    out.discharge[t] = value(block::discharge);
    out.reserve[t] = value(block::reserve);
    out.stored[t] = value(block::stored);
    out.net_trade[t] = (out.flexible[t] + problem.inflexible[t] + out.charge[t]) -
                       (out.grid[t] + out.renewable[t] + out.discharge[t]);
    out.battery_price[t] = slot.battery_price.in(unknowns);
    out.peak_share[t] = slot.peak_share.in(unknowns);
    out.reserve_share[t] = slot.reserve_share.in(unknowns);
  }
  out.flexible_price = places.flexible_price.in(unknowns);
  out.peak = *std::max_element(out.grid.begin(), out.grid.end());
  out.status = qp::Status::solved;
}

}  // namespace gridtally::reference
