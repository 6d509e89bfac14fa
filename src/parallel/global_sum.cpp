#include "parallel/global_sum.hpp"

#include "market/ordered_sum.hpp"

namespace gridtally::parallel {

GlobalSum::GlobalSum(const Placement& placement, std::size_t width, MPI_Comm ranks)
    : width_(width), ranks_(ranks) {
  const auto blocks = Placement::in_blocks(placement.prosumers(), placement.ranks());
  int rank = 0;
  MPI_Comm_rank(ranks, &rank);
  const auto mine = blocks.owned_by(rank);
  summed_here_ = mine.size();
  int begin = 0;
  for (int other = 0; other < placement.ranks(); ++other) {
    const std::size_t count = market::block_count(blocks.owned_by(other).size()) * width;
    sizes_.push_back(static_cast<int>(count));
    begins_.push_back(begin);
    begin += sizes_.back();
  }
  if (!(blocks == placement)) to_blocks_.emplace(placement, mine, width, ranks);
}

std::vector<double> GlobalSum::operator()(std::span<const double> rows) const {
  std::vector<double> moved(to_blocks_ ? summed_here_ * width_ : 0);
  if (to_blocks_) to_blocks_->bring(rows, moved);
  const double* values = to_blocks_ ? moved.data() : rows.data();
  const auto mine = market::block_sums(
      summed_here_, width_,
      [&](std::size_t row, std::size_t column) { return values[row * width_ + column]; });
  std::vector<double> all(static_cast<std::size_t>(begins_.back() + sizes_.back()));
  MPI_Allgatherv(mine.data(), static_cast<int>(mine.size()), MPI_DOUBLE, all.data(), sizes_.data(),
                 begins_.data(), MPI_DOUBLE, ranks_);
  return market::sum_in_order(all, width_);
}

}  // namespace gridtally::parallel
