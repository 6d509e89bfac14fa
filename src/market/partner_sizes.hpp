#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/wide.hpp"
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
  /// `last` of the graph's breadth_first(); `lanes` (run_wide) of them side by side.
  void set(std::size_t first, std::size_t last, std::span<double> parts,
           std::size_t lanes = widest_lanes()) const;

 private:
  template <std::size_t lanes>
  struct Some;
  template <std::size_t lanes>
  struct Sums;
  template <std::size_t lanes>
  void take(const std::uint32_t* prosumers, std::size_t count, Some<lanes>& some) const;
  template <std::size_t lanes>
  [[nodiscard]] Sums<lanes> add_up(const Some<lanes>& some) const;
  template <std::size_t lanes>
  void add_arcs(const Some<lanes>& some, const std::size_t* arcs, Sums<lanes>& sums) const;

  const PartnerGraph& graph_;
  std::span<const std::uint32_t> targets_;
  std::size_t slots_;
  bool all_;
  const double* change_;
  const double* price_;
  const double* trade_;
};

}  // namespace gridtally::market
