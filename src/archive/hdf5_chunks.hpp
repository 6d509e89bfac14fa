#pragma once

#include <cstdint>
#include <vector>

#include "archive/hdf5_structures.hpp"
#include "archive/hdf5_types.hpp"

namespace gridtally::archive::hdf5 {

/// How a dataset is cut into chunks: in the order of their index the last axis runs fastest.
struct ChunkGrid {
  ChunkGrid(Shape whole, Shape piece, std::size_t size);
  Shape shape;
  Shape chunk;
  Shape counts;  ///< chunks along each axis
  std::size_t element_size;
  std::uint64_t bytes;  ///< of a chunk, also where it juts out of the shape
  [[nodiscard]] std::uint64_t count() const { return product(counts); }
  /// The first element of a chunk, along each axis.
  [[nodiscard]] Shape first_of(std::uint64_t index) const;
};

/// One chunk as it is stored.
struct StoredChunk {
  std::uint64_t at = no_address;  ///< in the file
  std::uint32_t size = 0;         ///< bytes
  std::uint32_t left_out = 0;     ///< bit i: the i-th filter was not applied
};

/// Where each chunk of the grid is, by the B-tree (version 1) at `root`: all of them, in order,
/// each once; anything else is refused. Work and memory are bounded by the grid.
std::vector<StoredChunk> read_chunk_index(const Input& input, std::uint64_t root,
                                          const ChunkGrid& grid);

}  // namespace gridtally::archive::hdf5
