#pragma once

#include <petscsf.h>

#include <map>
#include <span>
#include <vector>

#include "parallel/placement.hpp"

namespace gridtally::parallel {

/// Brings the rows of chosen prosumers from their owners to this rank (PETSc's star forest: each
/// owner's row is a root, each copy of it a leaf). Moves bits and combines nothing.
class StarForest {
 public:
  /// Copies of the rows of `wanted`, in that order. Collective over `ranks`.
  StarForest(const Placement& placement, std::span<const std::uint32_t> wanted, MPI_Comm ranks);
  ~StarForest();
  StarForest(const StarForest&) = delete;
  StarForest& operator=(const StarForest&) = delete;

  /// Copies of rows that lie on other ranks.
  [[nodiscard]] std::size_t foreign() const { return foreign_; }
  /// `own`: the rows of this rank's prosumers, [own][width]; `copies`: [wanted][width]. Collective.
  void bring(std::size_t width, std::span<const double> own, std::span<double> copies);

 private:
  MPI_Datatype row_of(std::size_t width);

  PetscSF forest_ = nullptr;
  std::size_t foreign_ = 0;
  std::map<std::size_t, MPI_Datatype> rows_;  ///< by width; PETSc keeps its buffers with them
};

}  // namespace gridtally::parallel
