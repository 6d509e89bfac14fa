#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive/hdf5_object.hpp"

namespace gridtally::archive::hdf5 {

/// A hard link of a group.
struct GroupEntry {
  std::string name;
  std::uint64_t header = no_address;  ///< object header that it leads to
};

/// At most so many objects in a file.
inline constexpr std::size_t most_objects = 1024;

/// All links of the group with this symbol table message (B-tree of version 1, local heap), in the
/// order of the file. A soft link is refused, and so is a name that no dataset of ours has.
std::vector<GroupEntry> read_group(Structures& structures, const Message& symbol_table);

}  // namespace gridtally::archive::hdf5
