#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "market/contract.hpp"

namespace gridtally::market {

/// What each prosumer adds to the sizes of a step (Sizes, and the residual); totals are in the same
/// order.
enum Column : std::size_t { residual, missed, moved, traded, priced, columns };

/// What one step of the collapsed form adds to them where everyone knows their partners (model.md 3
/// b): over u's partners v, from δ = θ − τ, and τ and Θ after the step, all [prosumers][T]
///   missed    Σ ‖½(δ_u + δ_v)‖², and residual Σ ‖½(δ_u + δ_v)‖
///   moved     Σ ‖½(τ_u − τ_v)‖²,   traded  Σ ‖½(Θ_u − Θ_v)‖²,   priced  Σ ‖½(τ_u + τ_v)‖²
/// Each sum takes its terms in the order of arcs and slots. Several threads may set rows.
class PartnerSizes {
 public:
  /// `all`: also the last three, which only a memory needs. The arguments must stay.
  PartnerSizes(const Terms& terms, std::span<const double> change, const Iterate& after, bool all);
  /// Sets the rows, of `columns` numbers, of the prosumers at the places from `first` to before
  /// `last` of the graph's breadth_first().
  void set(std::size_t first, std::size_t last, std::span<double> parts) const;

 private:
  struct Sums;
  struct Own;
  void set_pair(std::size_t u, std::size_t v, Own& own, Sums& sums) const;
  void add_arcs(std::size_t arc_of_u, std::size_t arc_of_v, const Own& own, Sums& sums) const;

  const PartnerGraph& graph_;
  std::span<const std::uint32_t> targets_;
  std::size_t slots_;
  bool all_;
  const double* change_;
  const double* price_;
  const double* trade_;
};

}  // namespace gridtally::market
