#include "archive/hdf5_rows.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace gridtally::archive::hdf5 {

RowsInChunks::RowsInChunks(const ChunkGrid& grid, std::size_t axis, std::uint64_t first,
                           std::uint64_t count)
    : grid_(grid), axis_(axis), first_(first), shape_(grid.shape), counts_(grid.counts) {
  const auto depth = grid.chunk[axis];
  const auto end = first + count;
  if (first % depth != 0 || (end % depth != 0 && end != grid.shape[axis])) {
    throw Error("rows " + std::to_string(first) + " to " + std::to_string(end) +
                " are not those of whole chunks of " + std::to_string(depth));
  }
  shape_[axis] = count;
  counts_[axis] = (count + depth - 1) / depth;
}

Shape RowsInChunks::first_of(std::uint64_t i) const {
  Shape first(counts_.size());
  for (auto axis = counts_.size(); axis-- > 0;) {
    first[axis] = i % counts_[axis] * grid_.chunk[axis];
    i /= counts_[axis];
  }
  first[axis_] += first_;
  return first;
}

ledger::Bytes RowsInChunks::cut(std::uint64_t i, const std::uint8_t* rows) const {
  auto from = first_of(i);
  from[axis_] -= first_;
  const auto axes = shape_.size();
  Shape extent(axes);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    extent[axis] = std::min(grid_.chunk[axis], shape_[axis] - from[axis]);
  }
  const auto run = extent.back() * grid_.element_size;
  extent.back() = 1;
  ledger::Bytes chunk(grid_.bytes);
  Shape at(axes, 0);  // in the chunk; the last axis goes in one run
  for (std::uint64_t left = product(extent); left > 0; --left) {
    std::uint64_t source = 0;
    std::uint64_t target = 0;
    for (std::size_t axis = 0; axis < axes; ++axis) {
      source = source * shape_[axis] + from[axis] + at[axis];
      target = target * grid_.chunk[axis] + at[axis];
    }
    std::memcpy(&chunk[target * grid_.element_size], rows + source * grid_.element_size, run);
    for (auto axis = axes; axis-- > 0 && ++at[axis] == extent[axis];) at[axis] = 0;
  }
  return chunk;
}

}  // namespace gridtally::archive::hdf5
