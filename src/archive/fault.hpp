#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gridtally::archive {

/// What reading an archive showed, worst last.
enum class Standing : std::uint8_t {
  readable = 0,       ///< nothing found wrong so far
  unsound = 1,        ///< the archive contradicts itself, its hashes or its signature
  not_auditable = 2,  ///< no archive, no genesis, or a part that cannot be opened
};

/// What is wrong with an archive's files, and where. A result, not an exception. What blocks say is
/// judged by ledger::Fault.
struct ArchiveFault {
  Standing standing = Standing::unsound;
  std::string place;                    ///< file, and dataset where there is one
  std::optional<std::uint64_t> height;  ///< first block concerned
  std::string what;                     ///< "segment checksum", "manifest signature", …
  std::string expected;
  std::string found;
};

/// One line: "day-0001.h5, height 57: segment checksum: expected ab…, found cd…".
std::string describe(const ArchiveFault& fault);

}  // namespace gridtally::archive
