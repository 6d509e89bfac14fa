#include "reference/chunk_sums.hpp"

#include <utility>

namespace gridtally::reference {

namespace {

void add(const double* from, std::size_t count, double* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] += from[i];
}

}  // namespace

ChunkSums::ChunkSums(MPI_Comm ranks, std::vector<std::uint32_t> node_of_chunk,
                     std::vector<int> counts)
    : ranks_(ranks), node_of_chunk_(std::move(node_of_chunk)), counts_(std::move(counts)) {}

std::vector<double> ChunkSums::gather(const ChunkRows& rows) const {
  MPI_Datatype row = MPI_DATATYPE_NULL;
  MPI_Type_contiguous(static_cast<int>(rows.width), MPI_DOUBLE, &row);
  MPI_Type_commit(&row);
  std::vector<int> offsets(counts_.size(), 0);
  for (std::size_t r = 1; r < offsets.size(); ++r) offsets[r] = offsets[r - 1] + counts_[r - 1];
  std::vector<double> all(node_of_chunk_.size() * rows.width);
  MPI_Allgatherv(rows.values.data(), static_cast<int>(rows.values.size() / rows.width), row,
                 all.data(), counts_.data(), offsets.data(), row, ranks_);
  MPI_Type_free(&row);
  return all;
}

std::vector<double> ChunkSums::by_node(const ChunkRows& rows, std::size_t nodes) const {
  const auto all = gather(rows);
  std::vector<double> sums(nodes * rows.width, 0.0);
  for (std::size_t c = 0; c < node_of_chunk_.size(); ++c) {
    add(&all[c * rows.width], rows.width, &sums[node_of_chunk_[c] * rows.width]);
  }
  return sums;
}

std::vector<double> ChunkSums::total(const ChunkRows& rows) const {
  const auto all = gather(rows);
  std::vector<double> sums(rows.width, 0.0);
  for (std::size_t c = 0; c < node_of_chunk_.size(); ++c) {
    add(&all[c * rows.width], rows.width, sums.data());
  }
  return sums;
}

double ChunkSums::largest(double value) const {
  double most = value;
  MPI_Allreduce(&value, &most, 1, MPI_DOUBLE, MPI_MAX, ranks_);
  return most;
}

std::size_t ChunkSums::total(std::size_t value) const {
  unsigned long long mine = value;
  unsigned long long sum = 0;
  MPI_Allreduce(&mine, &sum, 1, MPI_UNSIGNED_LONG_LONG, MPI_SUM, ranks_);
  return sum;
}

}  // namespace gridtally::reference
