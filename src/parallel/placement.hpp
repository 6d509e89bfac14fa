#pragma once

#include <petscsys.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "market/partner_graph.hpp"

namespace gridtally::parallel {

/// Which rank owns which prosumers. No result depends on it.
class Placement {
 public:
  /// Blocks of market::rows_per_block prosumers in a row, shared out evenly and in order: the first
  /// ranks may own one block more, and where there are fewer blocks than ranks the last own nobody.
  static Placement in_blocks(std::size_t prosumers, int ranks);

  /// Even parts that cut few pairs, by PETSc's MatPartitioning (PTScotch, unless
  /// -mat_partitioning_type says otherwise), which rank 0 makes alone: spread over ranks, PTScotch
  /// now and then fails on small graphs (dgraphFold2). Collective over `ranks`, all of PETSc's.
  static Placement by_partners(const market::PartnerGraph& graph, MPI_Comm ranks);

  /// owner[u] = rank, 0 … ranks − 1.
  Placement(std::vector<int> owner, int ranks);

  [[nodiscard]] std::size_t prosumers() const { return owner_.size(); }
  [[nodiscard]] int ranks() const { return static_cast<int>(first_.size()) - 1; }
  [[nodiscard]] int owner(std::size_t u) const { return owner_[u]; }
  /// The prosumers of a rank, ascending.
  [[nodiscard]] std::span<const std::uint32_t> owned_by(int rank) const;
  /// How many of its owner's prosumers come before u.
  [[nodiscard]] std::uint32_t place(std::size_t u) const { return place_[u]; }
  [[nodiscard]] bool operator==(const Placement&) const = default;

 private:
  std::vector<int> owner_;
  std::vector<std::uint32_t> place_;
  std::vector<std::uint32_t> members_;  ///< by rank, then by prosumer
  std::vector<std::size_t> first_;      ///< of each rank's members
};

/// Pairs whose prosumers live on different ranks.
std::size_t cut_pairs(const market::PartnerGraph& graph, const Placement& placement);

}  // namespace gridtally::parallel
