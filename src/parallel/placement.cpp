#include "parallel/placement.hpp"

#include <petscmat.h>

#include <algorithm>
#include <utility>

#include "market/ordered_sum.hpp"
#include "petsc/session.hpp"

namespace gridtally::parallel {

namespace {

using petsc::check;

constexpr const char* making = "making the graph to partition";
constexpr const char* parting = "partitioning the graph";

// PETSc takes over the two arrays.
Mat adjacency(const market::PartnerGraph& graph) {
  const std::size_t prosumers = graph.prosumers();
  PetscInt* row_begin = nullptr;
  PetscInt* columns = nullptr;
  check(PetscMalloc1(prosumers + 1, &row_begin), making);
  check(PetscMalloc1(std::max<std::size_t>(graph.arcs(), 1), &columns), making);
  for (std::size_t u = 0; u <= prosumers; ++u) row_begin[u] = static_cast<PetscInt>(graph.first(u));
  for (std::size_t arc = 0; arc < graph.arcs(); ++arc) {
    columns[arc] = static_cast<PetscInt>(graph.arc(arc).to);
  }
  const auto size = static_cast<PetscInt>(prosumers);
  Mat matrix = nullptr;
  check(MatCreateMPIAdj(PETSC_COMM_SELF, size, size, row_begin, columns, nullptr, &matrix), making);
  return matrix;
}

// The part of each prosumer.
std::vector<int> partition(const market::PartnerGraph& graph, int parts) {
  Mat matrix = adjacency(graph);
  MatPartitioning partitioning = nullptr;
  check(MatPartitioningCreate(PETSC_COMM_SELF, &partitioning), parting);
  check(MatPartitioningSetAdjacency(partitioning, matrix), parting);
  check(MatPartitioningSetNParts(partitioning, parts), parting);
  check(MatPartitioningSetType(partitioning, MATPARTITIONINGPTSCOTCH), "choosing PTScotch");
  check(MatPartitioningSetFromOptions(partitioning), "reading the options of the partitioning");
  IS result = nullptr;
  check(MatPartitioningApply(partitioning, &result), parting);
  const PetscInt* indices = nullptr;
  check(ISGetIndices(result, &indices), "reading the partition");
  std::vector<int> owner(indices, indices + graph.prosumers());
  check(ISRestoreIndices(result, &indices), "reading the partition");
  check(ISDestroy(&result), parting);
  check(MatPartitioningDestroy(&partitioning), parting);
  check(MatDestroy(&matrix), parting);
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
  std::vector<int> owner(graph.prosumers(), 0);
  if (count > 1) {
    petsc::run_together([&] {
      if (rank == 0) owner = partition(graph, count);
    });
    MPI_Bcast(owner.data(), static_cast<int>(owner.size()), MPI_INT, 0, ranks);
  }
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
