#pragma once

#include <optional>
#include <span>
#include <vector>

#include "parallel/placement.hpp"
#include "parallel/star_forest.hpp"

namespace gridtally::parallel {

/// Sums over all prosumers with the bits of market::ordered_sum: each rank sums whole blocks, all
/// get all block sums and add them in block order. Where a placement scatters a block over ranks,
/// its rows travel first to the rank that sums it.
class GlobalSum {
 public:
  GlobalSum(const Placement& placement, MPI_Comm ranks);  ///< collective over `ranks`

  /// Rows that one sum brings here from other ranks: their block sums, and rows of blocks that a
  /// placement scatters.
  [[nodiscard]] std::size_t foreign_rows() const;
  /// How often all ranks meet for one sum.
  [[nodiscard]] std::size_t meetings() const { return to_blocks_ ? 2 : 1; }

  /// `rows`: one of each of this rank's prosumers, [own][width]. Collective.
  [[nodiscard]] std::vector<double> operator()(std::size_t width, std::span<const double> rows);

 private:
  MPI_Comm ranks_;
  std::size_t summed_here_ = 0;  ///< prosumers
  std::size_t blocks_elsewhere_ = 0;
  std::vector<int> blocks_;              ///< of each rank
  std::optional<StarForest> to_blocks_;  ///< empty: every block lies on one rank
};

}  // namespace gridtally::parallel
