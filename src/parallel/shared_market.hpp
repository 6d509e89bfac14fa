#pragma once

#include <optional>
#include <span>
#include <vector>

#include "market/contract.hpp"
#include "parallel/global_sum.hpp"
#include "parallel/neighbourhood.hpp"

namespace gridtally::parallel {

/// What a rank and the others told each other.
struct Exchanges {
  std::size_t meetings = 0;  ///< collective calls
  std::size_t bytes = 0;     ///< received from other ranks
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
  /// Collective over `ranks`.
  SharedMarket(const market::Terms& terms, const Placement& placement, MPI_Comm ranks);
  SharedMarket(const SharedMarket&) = delete;
  SharedMarket& operator=(const SharedMarket&) = delete;

  /// Where this rank's own prosumers, in ascending order, stand in offers().
  [[nodiscard]] const std::vector<std::uint32_t>& own_rows() const { return own_rows_; }

  /// A_u at own_rows(), row-major [rows][T] [kWh]; other rows are without meaning. Collective.
  [[nodiscard]] std::vector<double> offers();
  /// Func A from θ of this rank's own prosumers, [own][T] [kWh]. Collective.
  void update(std::span<const double> theta);

  [[nodiscard]] double rho() const { return iterate_.rho; }  ///< of the next primal step
  [[nodiscard]] int iteration() const { return iterate_.iteration; }
  [[nodiscard]] double residual() const { return iterate_.residual; }
  [[nodiscard]] bool converged() const { return market::converged(local_, iterate_); }
  [[nodiscard]] const market::Iterate& iterate() const { return iterate_; }

  /// Time of this rank in exchange() and global sums, waiting for slower ranks included [s].
  [[nodiscard]] double exchange_seconds() const { return exchange_seconds_; }
  [[nodiscard]] const Exchanges& exchanges() const { return exchanges_; }
  /// Time in offers() and update() without that [s].
  [[nodiscard]] double contract_seconds() const { return seconds_ - exchange_seconds_; }

 private:
  [[nodiscard]] std::vector<double> sum_own(std::size_t width, std::span<const double> rows);
  [[nodiscard]] std::vector<double> with_partners(std::span<const double> theta);

  market::Terms local_;  ///< of the rows held here
  market::Community community_;
  GlobalSum sum_;
  std::optional<Neighbourhood> neighbourhood_;  ///< empty: complete and collapsed
  std::vector<std::uint32_t> own_rows_;
  market::Iterate iterate_;
  double seconds_ = 0.0;
  double exchange_seconds_ = 0.0;
  Exchanges exchanges_;
};

}  // namespace gridtally::parallel
