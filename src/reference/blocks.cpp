#include "reference/blocks.hpp"

#include <algorithm>
#include <cstdint>

#include "reference/household.hpp"

namespace gridtally::reference {

namespace {

using block::lanes;

constexpr std::size_t alignment = 32;  // bytes: a vector of four doubles

double* allocate(std::vector<double>& store, std::size_t count) {
  store.assign(count + alignment / sizeof(double), 0.0);
  const auto address = reinterpret_cast<std::uintptr_t>(store.data());
  return store.data() + (alignment - address % alignment) % alignment / sizeof(double);
}

Range range_of(const Bounds& bounds, block::Variable v, std::size_t t) {
  switch (v) {
    case block::grid:
      return bounds.grid();
    case block::renewable:
      return bounds.renewable(t);
    case block::flexible:
      return bounds.flexible(t);
    case block::charge:
      return bounds.charge();
    case block::discharge:
      return bounds.discharge();
    case block::reserve:
      return bounds.reserve(t);
    case block::stored:
      return bounds.stored(t);
    case block::variables:
      break;
  }
  return {};
}

// Adds up the lanes of `sums` [width][lanes], first to last, into `row`.
void add_lanes(const double* sums, std::size_t width, double* row) {
  for (std::size_t i = 0; i < width; ++i) {
    for (std::size_t k = 0; k < lanes; ++k) row[i] += sums[i * lanes + k];
  }
}

double largest(const double* values) { return *std::max_element(values, values + lanes); }

// Accumulators of one chunk, one number a lane, aligned for the kernel.
class Sums {
 public:
  explicit Sums(std::size_t width) : data_(allocate(store_, width * lanes)) {}
  [[nodiscard]] double* at(std::size_t column) const { return data_ + column * lanes; }

 private:
  std::vector<double> store_;
  double* data_;
};

}  // namespace

block::Kernel Blocks::kernel_for_this_processor() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return block::kernel_avx2();
#endif
  return block::kernel_baseline();
}

Blocks::Blocks(std::span<const qp::DayProblem> days, std::vector<Chunk> chunks, std::size_t slots,
               block::Kernel kernel)
    : days_(days),
      chunks_(std::move(chunks)),
      slots_(slots),
      places_(days.size()),
      first_batch_{0},
      kernel_(kernel) {
  for (const auto& chunk : chunks_) {
    const std::size_t first = first_batch_.back();
    for (std::size_t i = 0; i < chunk.count; ++i) {
      places_[chunk.first + i] = {first + i / lanes, i % lanes};
    }
    first_batch_.push_back(first + (chunk.count + lanes - 1) / lanes);
  }
  const std::size_t batches = first_batch_.back();
  slot_ = allocate(slot_store_, batches * block::slot_fields * slots_ * lanes);
  lane_ = allocate(lane_store_, batches * block::lane_fields * lanes);
  work_ = allocate(work_store_, block::work_fields * slots_ * lanes);
  // An empty lane is a prosumer of whom everything is fixed: its distances must not be 0.
  const std::size_t distances = 2 * static_cast<std::size_t>(block::variables) * slots_ * lanes;
  const std::size_t slack = static_cast<std::size_t>(block::slack_x_0) * slots_ * lanes;
  for (std::size_t b = 0; b < batches; ++b) {
    double* block = slot_ + b * block::slot_fields * slots_ * lanes;
    std::fill_n(block, distances, 1.0);
    std::fill_n(block + slack, static_cast<std::size_t>(block::slacks) * slots_ * lanes, 1.0);
    double* scalars = lane_ + b * block::lane_fields * lanes;
    std::fill_n(scalars + block::peak_lower_x * lanes, 2 * lanes, 1.0);
  }
  for (std::size_t i = 0; i < days_.size(); ++i) pack(i);
}

double& Blocks::slot(std::size_t i, int field, std::size_t t) {
  const auto [batch, lane] = places_[i];
  const auto row = batch * block::slot_fields + static_cast<std::size_t>(field);
  return slot_[(row * slots_ + t) * lanes + lane];
}

double& Blocks::lane(std::size_t i, int field) {
  const auto [batch, lane] = places_[i];
  return lane_[(batch * block::lane_fields + static_cast<std::size_t>(field)) * lanes + lane];
}

double Blocks::get(std::size_t i, int field, std::size_t t) const {
  const auto [batch, lane] = places_[i];
  const auto row = batch * block::slot_fields + static_cast<std::size_t>(field);
  return slot_[(row * slots_ + t) * lanes + lane];
}

// A variable starts at `share` of its range with multipliers of the price scale.
void Blocks::pack_variable(std::size_t i, std::size_t t, block::Variable v, double share) {
  const Range range = range_of(Bounds(days_[i]), v, t);
  if (!range.open()) return;
  const double width = range.high - range.low;
  const double multiplier = 1.0 / lane(i, block::per_price);
  slot(i, int{block::lower_x_0} + v, t) = share * width;
  slot(i, int{block::upper_x_0} + v, t) = width - share * width;
  slot(i, int{block::lower_z_0} + v, t) = multiplier;
  slot(i, int{block::upper_z_0} + v, t) = multiplier;
  products_ += 2;
}

void Blocks::pack_slot(std::size_t i, std::size_t t) {
  const auto& day = days_[i];
  const Bounds bounds(day);
  const double multiplier = 1.0 / lane(i, block::per_price);
  const auto slack = [&](block::Slack v, double distance) {
    if (distance <= 0.0) return;
    slot(i, int{block::slack_x_0} + v, t) = distance;
    slot(i, int{block::slack_z_0} + v, t) = multiplier;
    ++products_;
  };
  for (const auto v :
       {block::renewable, block::flexible, block::charge, block::discharge, block::stored}) {
    pack_variable(i, t, v, 0.5);
  }
  pack_variable(i, t, block::grid, 0.3);
  slack(block::below_peak, bounds.grid().open() ? 0.4 * day.grid_max : 0.0);
  const Range level = bounds.stored(t);
  const Range reserve = bounds.reserve(t);
  if (reserve.open()) {
    const double room = 0.5 * (level.low + level.high) - day.battery_min;
    const double start = std::min(0.5 * reserve.high, 0.5 * room);
    pack_variable(i, t, block::reserve, start / reserve.high);
    slack(block::above_reserve, room - start);
  }
  const Range flexible = bounds.flexible(t);
  slot(i, block::battery_price, t) = day.p2p_price;
  slot(i, block::flexible_gradient, t) =
      2.0 * day.discomfort_weight * (flexible.low - day.flexible_reference[t]);
  slot(i, block::demand, t) = flexible.low + day.inflexible[t];
  slot(i, block::stored_shift, t) =
      level.low - (t > 0 ? bounds.stored(t - 1).low : day.battery_start);
}

void Blocks::pack(std::size_t i) {
  const auto& day = days_[i];
  const Scales scale = scales(day);
  const Bounds bounds(day);
  lane(i, block::efficiency) = day.efficiency;
  lane(i, block::inverse_efficiency) = 1.0 / day.efficiency;
  lane(i, block::curvature) = 2.0 * day.discomfort_weight;
  lane(i, block::wear) = day.wear_cost;
  lane(i, block::peak_price) = day.peak_price;
  lane(i, block::flexible_price) = day.p2p_price;
  lane(i, block::per_energy) = 1.0 / scale.energy;
  lane(i, block::per_price) = 1.0 / scale.price;
  if (bounds.grid().open()) {
    lane(i, block::peak_lower_x) = 0.7 * day.grid_max;
    lane(i, block::peak_upper_x) = day.grid_max - 0.7 * day.grid_max;
    lane(i, block::peak_lower_z) = lane(i, block::peak_upper_z) = scale.price;
    products_ += 2;
  }
  double excess = 0.0;
  for (std::size_t t = 0; t < slots_; ++t) {
    pack_slot(i, t);
    excess += bounds.flexible(t).low - day.flexible_reference[t];
  }
  lane(i, block::flexible_excess) = excess;
}

block::Batch Blocks::batch(std::size_t number, const double* price) {
  return {slots_,
          slot_ + number * block::slot_fields * slots_ * lanes,
          lane_ + number * block::lane_fields * lanes,
          work_,
          price,
          days_[0].grid_price,
          days_[0].reserve_price};
}

Residuals Blocks::respond(std::span<const double> prices, block::Aim aim, bool with_response,
                          ChunkRows& rows) {
  const ResponseRow row(slots_, with_response);
  rows.width = row.width;
  rows.values.assign(chunks_.size() * row.width, 0.0);
  Residuals worst;
  for (std::size_t c = 0; c < chunks_.size(); ++c) {
    const Sums sums(row.width);
    const Sums residuals(2);
    const double* price = &prices[chunks_[c].node * slots_];
    const block::Responses out{sums.at(row.gap), sums.at(row.net_trade), sums.at(row.supply),
                               with_response ? sums.at(row.response) : nullptr, residuals.at(0)};
    for (std::size_t b = first_batch_[c]; b < first_batch_[c + 1]; ++b) {
      kernel_.respond(batch(b, price), aim, out);
    }
    add_lanes(sums.at(0), row.width, &rows.values[c * row.width]);
    worst.primal = std::max(worst.primal, largest(residuals.at(0)));
    worst.dual = std::max(worst.dual, largest(residuals.at(1)));
  }
  return worst;
}

double Blocks::move(std::span<const double> prices, std::span<const double> dp, ChunkRows& rows) {
  const MoveRow row(slots_);
  rows.width = row.width;
  rows.values.assign(chunks_.size() * rows.width, 0.0);
  double worst = 0.0;
  for (std::size_t c = 0; c < chunks_.size(); ++c) {
    const Sums sums(row.width);
    const Sums ratios(1);
    const block::Motion out{ratios.at(0), sums.at(row.linear), sums.at(row.supply)};
    const std::size_t at = chunks_[c].node * slots_;
    for (std::size_t b = first_batch_[c]; b < first_batch_[c + 1]; ++b) {
      kernel_.move(batch(b, &prices[at]), &dp[at], out);
    }
    add_lanes(sums.at(0), row.width, &rows.values[c * row.width]);
    worst = std::max(worst, largest(ratios.at(0)));
  }
  return worst;
}

void Blocks::advance(double alpha) {
  for (std::size_t b = 0; b < first_batch_.back(); ++b) kernel_.advance(batch(b, nullptr), alpha);
}

void Blocks::read(std::size_t i, qp::Solution& out) const {
  const auto& day = days_[i];
  const Bounds bounds(day);
  const auto value = [&](block::Variable v, std::size_t t) {
    const Range range = range_of(bounds, v, t);
    if (!range.open()) return range.low;
    return std::min(range.low + get(i, int{block::lower_x_0} + v, t), range.high);
  };
  for (std::size_t t = 0; t < slots_; ++t) {
    out.grid[t] = value(block::grid, t);
    out.renewable[t] = value(block::renewable, t);
    out.flexible[t] = value(block::flexible, t);
    out.charge[t] = value(block::charge, t);
    out.discharge[t] = value(block::discharge, t);
    out.stored[t] = value(block::stored, t);
    out.reserve[t] = value(block::reserve, t);
    out.net_trade[t] = (out.flexible[t] + day.inflexible[t] + out.charge[t]) -
                       (out.grid[t] + out.renewable[t] + out.discharge[t]);
    out.battery_price[t] = get(i, block::battery_price, t);
    out.peak_share[t] = get(i, int{block::slack_z_0} + block::below_peak, t);
    out.reserve_share[t] = get(i, int{block::slack_z_0} + block::above_reserve, t);
  }
  const auto [batch, lane] = places_[i];
  out.flexible_price = lane_[(batch * block::lane_fields + block::flexible_price) * lanes + lane];
  out.peak = *std::max_element(out.grid.begin(), out.grid.end());
  out.status = qp::Status::solved;
}

}  // namespace gridtally::reference
