#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive/input.hpp"

namespace gridtally::archive {

/// A file in a pack.
struct PackMember {
  std::string name;
  std::uint64_t first = 0;  ///< where its bytes begin
  std::uint64_t size = 0;
};

/// The order in which a pack holds the files of an archive: genesis, manifest, the segments of days
/// 0, 1, …, and the journals of the days that follow.
class PackOrder {
 public:
  /// Whether `name` is the next; if so, it is counted.
  bool accepts(const std::string& name);

 private:
  std::uint64_t count_ = 0;
  std::uint32_t day_ = 0;
  bool journals_ = false;
};

/// All files of a pack. FormatError naming file and offset for everything but what a pack may be:
/// plain files in this order, headers in their one form, zeros between, two blocks of zeros, and no
/// byte after them.
std::vector<PackMember> read_pack_index(const Input& pack);

}  // namespace gridtally::archive
