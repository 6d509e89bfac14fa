#include "parallel/star_forest.hpp"

#include "petsc/session.hpp"

namespace gridtally::parallel {

using petsc::check;

StarForest::StarForest(const Placement& placement, std::span<const std::uint32_t> wanted,
                       MPI_Comm ranks) {
  int rank = 0;
  MPI_Comm_rank(ranks, &rank);
  std::vector<PetscSFNode> roots;
  roots.reserve(wanted.size());
  for (const auto u : wanted) {
    if (placement.owner(u) != rank) ++foreign_;
    roots.push_back({placement.owner(u), static_cast<PetscInt>(placement.place(u))});
  }
  check(PetscSFCreate(ranks, &forest_), "connecting partners on different ranks");
  check(PetscSFSetFromOptions(forest_), "reading the options of the star forest");
  check(PetscSFSetGraph(forest_, static_cast<PetscInt>(placement.owned_by(rank).size()),
                        static_cast<PetscInt>(roots.size()), nullptr, PETSC_COPY_VALUES,
                        roots.data(), PETSC_COPY_VALUES),
        "connecting partners on different ranks");
  check(PetscSFSetUp(forest_), "connecting partners on different ranks");
}

StarForest::~StarForest() {
  PetscSFDestroy(&forest_);
  for (auto& [width, row] : rows_) MPI_Type_free(&row);
}

MPI_Datatype StarForest::row_of(std::size_t width) {
  const auto [place, is_new] = rows_.try_emplace(width, MPI_DATATYPE_NULL);
  if (is_new) {
    MPI_Type_contiguous(static_cast<int>(width), MPI_DOUBLE, &place->second);
    MPI_Type_commit(&place->second);
  }
  return place->second;
}

void StarForest::bring(std::size_t width, std::span<const double> own, std::span<double> copies) {
  MPI_Datatype row = row_of(width);
  check(PetscSFBcastBegin(forest_, row, own.data(), copies.data(), MPI_REPLACE),
        "bringing the partners' rows");
  check(PetscSFBcastEnd(forest_, row, own.data(), copies.data(), MPI_REPLACE),
        "bringing the partners' rows");
}

}  // namespace gridtally::parallel
