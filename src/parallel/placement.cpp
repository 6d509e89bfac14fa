#include "parallel/placement.hpp"

#include <petscmat.h>

#include <algorithm>
#include <utility>

#include "market/ordered_sum.hpp"
#include "petsc/session.hpp"

namespace gridtally::parallel {

namespace {

using petsc::check;

// The first of the prosumers whose arcs rank `part` hands to the partitioner.
std::size_t share_begin(std::size_t prosumers, int parts, int part) {
  return prosumers * static_cast<std::size_t>(part) / static_cast<std::size_t>(parts);
}

// A distributed adjacency matrix; PETSc takes over the two arrays.
Mat adjacency(const market::PartnerGraph& graph, MPI_Comm ranks, std::size_t begin,
              std::size_t end) {
  PetscInt* row_begin = nullptr;
  PetscInt* columns = nullptr;
  const std::size_t first_arc = graph.first(begin);
  const std::size_t arcs = graph.first(end) - first_arc;
  check(PetscMalloc1(end - begin + 1, &row_begin), "making the graph to partition");
  check(PetscMalloc1(std::max<std::size_t>(arcs, 1), &columns), "making the graph to partition");
  for (std::size_t u = begin; u <= end; ++u) {
    row_begin[u - begin] = static_cast<PetscInt>(graph.first(u) - first_arc);
  }
  for (std::size_t arc = 0; arc < arcs; ++arc) {
    columns[arc] = static_cast<PetscInt>(graph.arc(first_arc + arc).to);
  }
  Mat matrix = nullptr;
  check(MatCreateMPIAdj(ranks, static_cast<PetscInt>(end - begin),
                        static_cast<PetscInt>(graph.prosumers()), row_begin, columns, nullptr,
                        &matrix),
        "making the graph to partition");
  return matrix;
}

// The parts of this rank's share of the prosumers.
std::vector<int> partition(Mat graph, MPI_Comm ranks) {
  MatPartitioning partitioning = nullptr;
  check(MatPartitioningCreate(ranks, &partitioning), "partitioning the graph");
  check(MatPartitioningSetAdjacency(partitioning, graph), "partitioning the graph");
  check(MatPartitioningSetType(partitioning, MATPARTITIONINGPTSCOTCH), "choosing PTScotch");
  check(MatPartitioningSetFromOptions(partitioning), "reading the options of the partitioning");
  IS parts = nullptr;
  check(MatPartitioningApply(partitioning, &parts), "partitioning the graph");
  PetscInt count = 0;
  const PetscInt* indices = nullptr;
  check(ISGetLocalSize(parts, &count), "reading the partition");
  check(ISGetIndices(parts, &indices), "reading the partition");
  std::vector<int> owner(indices, indices + count);
  check(ISRestoreIndices(parts, &indices), "reading the partition");
  check(ISDestroy(&parts), "partitioning the graph");
  check(MatPartitioningDestroy(&partitioning), "partitioning the graph");
  return owner;
}

}  // namespace

Placement::Placement(std::vector<int> owner, int ranks)
    : owner_(std::move(owner)),
      place_(owner_.size()),
      members_(owner_.size()),
      first_(static_cast<std::size_t>(ranks) + 1, 0) {
  for (const int rank : owner_) ++first_[static_cast<std::size_t>(rank) + 1];
  for (std::size_t rank = 1; rank < first_.size(); ++rank) first_[rank] += first_[rank - 1];
  auto next = first_;
  for (std::size_t u = 0; u < owner_.size(); ++u) {
    const auto rank = static_cast<std::size_t>(owner_[u]);
    place_[u] = static_cast<std::uint32_t>(next[rank] - first_[rank]);
    members_[next[rank]++] = static_cast<std::uint32_t>(u);
  }
}

Placement Placement::in_blocks(std::size_t prosumers, int ranks) {
  const std::size_t blocks = market::block_count(prosumers);
  const auto parts = static_cast<std::size_t>(ranks);
  const std::size_t base = blocks / parts;
  const std::size_t larger = blocks % parts;  // ranks that own base + 1 blocks: the first ones
  std::vector<int> owner(prosumers);
  for (std::size_t u = 0; u < prosumers; ++u) {
    const std::size_t block = u / market::rows_per_block;
    const std::size_t in_larger = larger * (base + 1);
    const std::size_t rank =
        block < in_larger ? block / (base + 1) : larger + (block - in_larger) / base;
    owner[u] = static_cast<int>(rank);
  }
  return {std::move(owner), ranks};
}

Placement Placement::by_partners(const market::PartnerGraph& graph, MPI_Comm ranks) {
  int count = 0;
  int rank = 0;
  MPI_Comm_size(ranks, &count);
  MPI_Comm_rank(ranks, &rank);
  std::vector<int> sizes;
  std::vector<int> begins;
  for (int part = 0; part < count; ++part) {
    begins.push_back(static_cast<int>(share_begin(graph.prosumers(), count, part)));
    const auto end = static_cast<int>(share_begin(graph.prosumers(), count, part + 1));
    sizes.push_back(end - begins.back());
  }
  const auto begin = share_begin(graph.prosumers(), count, rank);
  Mat matrix = adjacency(graph, ranks, begin, share_begin(graph.prosumers(), count, rank + 1));
  const std::vector<int> mine = partition(matrix, ranks);
  check(MatDestroy(&matrix), "partitioning the graph");
  std::vector<int> owner(graph.prosumers());
  MPI_Allgatherv(mine.data(), static_cast<int>(mine.size()), MPI_INT, owner.data(), sizes.data(),
                 begins.data(), MPI_INT, ranks);
  return {std::move(owner), count};
}

std::span<const std::uint32_t> Placement::owned_by(int rank) const {
  const auto index = static_cast<std::size_t>(rank);
  return std::span(members_).subspan(first_[index], first_[index + 1] - first_[index]);
}

std::size_t cut_pairs(const market::PartnerGraph& graph, const Placement& placement) {
  std::size_t cut = 0;
  for (std::size_t arc = 0; arc < graph.arcs(); ++arc) {
    const auto [u, v, limit] = graph.arc(arc);
    if (u < v && placement.owner(u) != placement.owner(v)) ++cut;
  }
  return cut;
}

}  // namespace gridtally::parallel
