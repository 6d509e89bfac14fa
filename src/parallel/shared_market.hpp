#pragma once

#include <optional>
#include <span>
#include <vector>

#include "market/contract.hpp"
#include "parallel/global_sum.hpp"
#include "parallel/neighbourhood.hpp"

namespace gridtally::parallel {

/// Seconds since the start that this rank has spent [s].
struct MarketSeconds {
  double contract = 0.0;  ///< offers and dual update
  double exchange = 0.0;  ///< rows of partners, global sums; waiting for slower ranks included
};

/// The contract (Func A and Func C, model.md 2 and 3) with its state spread over ranks: the same
/// bits as market::offers and market::dual_update of one process, for any placement.
///
/// Complete graph, collapsed: each rank holds its own rows; what partners contribute is two global
/// sums. Otherwise a rank also holds the rows of its prosumers' partners and the state of the pairs
/// between them, and advances these like its own from the θ that their owner sends: one exchange of
/// T numbers a partner and iteration, whatever the form.
class SharedMarket {
 public:
  /// `terms` and `placement` must outlive this. Collective over `ranks`.
  SharedMarket(const market::Terms& terms, const Placement& placement, MPI_Comm ranks);

  /// Where this rank's own prosumers, in ascending order, stand in offers().
  [[nodiscard]] const std::vector<std::uint32_t>& own_rows() const { return own_rows_; }

  /// A_u at own_rows(), row-major [rows][T] [kWh]; other rows are without meaning. Collective.
  [[nodiscard]] std::vector<double> offers();
  /// Func A from θ of this rank's own prosumers, [own][T] [kWh]. Collective.
  void update(std::span<const double> theta);

  [[nodiscard]] int iteration() const { return iterate_.iteration; }
  [[nodiscard]] double residual() const { return iterate_.residual; }
  [[nodiscard]] bool converged() const { return market::converged(local_, iterate_); }
  [[nodiscard]] const market::Iterate& iterate() const { return iterate_; }
  [[nodiscard]] const MarketSeconds& seconds() const { return seconds_; }

 private:
  [[nodiscard]] std::vector<double> everyone(std::span<const double> rows);
  void update_complete(std::span<const double> theta);
  void update_partners(std::span<const double> theta);
  // Func A on the rows held here; each own prosumer's part of the residual.
  [[nodiscard]] std::vector<double> advance_rows(std::span<const double> theta);
  [[nodiscard]] std::vector<double> advance_pairs(std::span<const double> theta);

  const market::Terms& terms_;  ///< of the whole community
  market::Terms local_;         ///< of the rows held here
  GlobalSum sum_;
  std::optional<Neighbourhood> neighbourhood_;  ///< empty: complete and collapsed
  std::vector<std::uint32_t> own_rows_;
  market::Iterate iterate_;
  MarketSeconds seconds_;
};

}  // namespace gridtally::parallel
