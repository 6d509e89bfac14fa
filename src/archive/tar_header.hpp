#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "ledger/bytes.hpp"

namespace gridtally::archive {

/// A header of POSIX ustar for a plain file, in the one form that a pack has: mode 0644, owner and
/// group 0 without names, time 0.
inline constexpr std::size_t tar_block = 512;  ///< bytes of a header; files are padded to it
using TarHeader = std::array<std::uint8_t, tar_block>;

/// The name has at most 100 letters. A size of 8 GiB or more is binary, as GNU and others read it.
TarHeader tar_header(const std::string& name, std::uint64_t size);

/// What a header says; of the size only what tar_header would write is understood.
struct TarEntry {
  std::string name;
  std::uint64_t size = 0;
};
/// FormatError, naming the kind of entry or the field, unless `header` is tar_header(name, size) of
/// a name that is a plain file name.
TarEntry read_tar_header(ledger::ByteView header);

/// Zeros between a file of this size and the next header.
std::uint64_t tar_padding(std::uint64_t size);

}  // namespace gridtally::archive
