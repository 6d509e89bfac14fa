#pragma once

#include <cstdint>

#include "archive/hdf5_chunks.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::archive::hdf5 {

/// Rows [first, first + count) of a dataset along one axis, cut as the dataset is.
class RowsInChunks {
 public:
  /// Error unless the rows are all that the chunks they lie in have.
  RowsInChunks(const ChunkGrid& grid, std::size_t axis, std::uint64_t first, std::uint64_t count);

  [[nodiscard]] std::uint64_t chunks() const { return product(counts_); }
  /// The first element of chunk `i` of these rows in the dataset, along each axis.
  [[nodiscard]] Shape first_of(std::uint64_t i) const;
  /// The bytes of chunk `i`, zero where it juts out of the dataset. `rows`: all elements of these
  /// rows, in the order of the dataset's axes.
  [[nodiscard]] ledger::Bytes cut(std::uint64_t i, const std::uint8_t* rows) const;

 private:
  const ChunkGrid& grid_;
  std::size_t axis_;
  std::uint64_t first_;
  Shape shape_;   ///< of the rows
  Shape counts_;  ///< chunks of the rows along each axis
};

}  // namespace gridtally::archive::hdf5
