#pragma once

#include <memory>
#include <span>
#include <vector>

#include "parallel/star_forest.hpp"

namespace gridtally::parallel {

/// The part of a partner graph that one rank works on: its own prosumers and their partners, with
/// the pairs in which one of its own takes part. Numbered so that partners lie close together in
/// memory; sums over an own prosumer's partners run in the canonical order of the whole graph.
class Neighbourhood {
 public:
  /// Collective over `ranks`.
  Neighbourhood(const market::PartnerGraph& whole, const Placement& placement, MPI_Comm ranks);

  [[nodiscard]] const market::PartnerGraph& graph() const { return graph_; }
  /// The rows of this rank's own prosumers in `graph`, in ascending order of the prosumers.
  [[nodiscard]] const std::vector<std::uint32_t>& own_rows() const { return own_rows_; }
  /// Of partners on other ranks, which an exchange brings here.
  [[nodiscard]] std::size_t foreign_rows() const { return forest_->foreign(); }
  /// Rows of `width` numbers of everyone in `graph` from the rows of each rank's own prosumers.
  /// Collective.
  void exchange(std::size_t width, std::span<const double> own, std::span<double> all);

 private:
  market::PartnerGraph graph_;
  std::vector<std::uint32_t> own_rows_;
  std::unique_ptr<StarForest> forest_;
};

}  // namespace gridtally::parallel
