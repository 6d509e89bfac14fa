#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "reference/blocks.hpp"

namespace gridtally::reference {

/// Sums over all prosumers in one order, whatever the ranks: every rank gets the rows of all chunks
/// and adds them up chunk by chunk. All calls are collective.
class ChunkSums {
 public:
  /// `node_of_chunk`: of all ranks' chunks; `counts`: how many chunks each rank has, in order.
  ChunkSums(MPI_Comm ranks, std::vector<std::uint32_t> node_of_chunk, std::vector<int> counts);

  /// [node][width]
  [[nodiscard]] std::vector<double> by_node(const ChunkRows& rows, std::size_t nodes) const;
  /// [width]
  [[nodiscard]] std::vector<double> total(const ChunkRows& rows) const;
  [[nodiscard]] double largest(double value) const;
  [[nodiscard]] std::size_t total(std::size_t value) const;

 private:
  [[nodiscard]] std::vector<double> gather(const ChunkRows& rows) const;

  MPI_Comm ranks_;
  std::vector<std::uint32_t> node_of_chunk_;
  std::vector<int> counts_;
};

}  // namespace gridtally::reference
