#include "parallel/global_sum.hpp"

#include "market/ordered_sum.hpp"

namespace gridtally::parallel {

GlobalSum::GlobalSum(const Placement& placement, MPI_Comm ranks) : ranks_(ranks) {
  const auto blocks = Placement::in_blocks(placement.prosumers(), placement.ranks());
  int rank = 0;
  MPI_Comm_rank(ranks, &rank);
  const auto mine = blocks.owned_by(rank);
  summed_here_ = mine.size();
  for (int each = 0; each < placement.ranks(); ++each) {
    blocks_.push_back(static_cast<int>(market::block_count(blocks.owned_by(each).size())));
    if (each != rank) blocks_elsewhere_ += static_cast<std::size_t>(blocks_.back());
  }
  if (!(blocks == placement)) to_blocks_.emplace(placement, mine, ranks);
}

std::size_t GlobalSum::foreign_rows() const {
  return blocks_elsewhere_ + (to_blocks_ ? to_blocks_->foreign() : 0);
}

std::vector<double> GlobalSum::operator()(std::size_t width, std::span<const double> rows) {
  std::vector<double> moved(to_blocks_ ? summed_here_ * width : 0);
  if (to_blocks_) to_blocks_->bring(width, rows, moved);
  const double* values = to_blocks_ ? moved.data() : rows.data();
  const auto mine = market::block_sums(
      summed_here_, width,
      [&](std::size_t row, std::size_t column) { return values[row * width + column]; });
  std::vector<int> sizes;
  std::vector<int> begins;
  int total = 0;
  for (const int blocks : blocks_) {
    sizes.push_back(blocks * static_cast<int>(width));
    begins.push_back(total);
    total += sizes.back();
  }
  std::vector<double> all(static_cast<std::size_t>(total));
  MPI_Allgatherv(mine.data(), static_cast<int>(mine.size()), MPI_DOUBLE, all.data(), sizes.data(),
                 begins.data(), MPI_DOUBLE, ranks_);
  return market::sum_in_order(all, width);
}

}  // namespace gridtally::parallel
