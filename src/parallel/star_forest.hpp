#pragma once

#include <petscsf.h>

#include <span>
#include <vector>

#include "parallel/placement.hpp"

namespace gridtally::parallel {

/// Brings the rows of chosen prosumers from their owners to this rank (PETSc's star forest: each
/// owner's row is a root, each copy of it a leaf). Moves bits and combines nothing.
class StarForest {
 public:
  /// Copies of the rows of `wanted`, in that order. Collective over `ranks`.
  StarForest(const Placement& placement, std::span<const std::uint32_t> wanted, std::size_t width,
             MPI_Comm ranks);
  ~StarForest();
  StarForest(const StarForest&) = delete;
  StarForest& operator=(const StarForest&) = delete;

  /// `own`: the rows of this rank's prosumers, [own][width]; `copies`: [wanted][width]. Collective.
  void bring(std::span<const double> own, std::span<double> copies) const;

 private:
  PetscSF forest_ = nullptr;
  MPI_Datatype row_ = MPI_DATATYPE_NULL;
};

}  // namespace gridtally::parallel
