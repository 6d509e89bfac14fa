#pragma once

#include <cstdint>
#include <vector>

namespace gridtally::cluster {

/// Which block each rank has, as one of them has been told: of the archivist the last that is in
/// the archive for good, of the others the last whose private part they keep.
class Acknowledgements {
 public:
  /// Rank `rank` of `ranks`; all have the blocks up to `height`.
  Acknowledgements(int rank, int ranks, std::uint64_t height);

  void note(int from, std::uint64_t height);
  /// The last block in the archive.
  [[nodiscard]] std::uint64_t durable() const;
  /// The last block, `height` at most, that nobody will ask this rank for: the archivist keeps
  /// blocks for all, the others for the archivist.
  [[nodiscard]] std::uint64_t not_asked_for(std::uint64_t height) const;

 private:
  int rank_;
  std::vector<std::uint64_t> heights_;  ///< by rank
};

}  // namespace gridtally::cluster
