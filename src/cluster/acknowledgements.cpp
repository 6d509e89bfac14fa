#include "cluster/acknowledgements.hpp"

#include <algorithm>

#include "cluster/layout.hpp"

namespace gridtally::cluster {

Acknowledgements::Acknowledgements(int rank, int ranks, std::uint64_t height)
    : rank_(rank), heights_(static_cast<std::size_t>(ranks), height) {}

void Acknowledgements::note(int from, std::uint64_t height) {
  heights_[static_cast<std::size_t>(from)] = height;
}

std::uint64_t Acknowledgements::durable() const { return heights_[archivist]; }

std::uint64_t Acknowledgements::not_asked_for(std::uint64_t height) const {
  if (rank_ != archivist) return std::min(height, durable());
  for (std::size_t other = archivist + 1; other < heights_.size(); ++other) {
    height = std::min(height, heights_[other]);
  }
  return height;
}

}  // namespace gridtally::cluster
