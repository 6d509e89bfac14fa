#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace gridtally::archive {

/// What the name of a pack ends with, by default.
inline constexpr const char* pack_suffix = ".gridtally.tar";

/// What was packed or unpacked, and found whole: every file that the manifest lists has its
/// SHA-256, and the manifest is signed by validator 0 of the genesis.
struct PackSummary {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;   ///< of the files
  std::uint64_t height = 0;  ///< last sealed block
  std::string head;          ///< its hash
};

/// Makes one file of the archive in `folder`: the form is FORMAT.md's, and the same archive gives
/// the same bytes. `file` appears whole or not at all. InputError when a run writes the archive, or
/// `file` exists and is not to be replaced; FormatError naming what is damaged.
PackSummary pack_archive(const std::filesystem::path& folder, const std::filesystem::path& file,
                         bool replace);

/// Makes the folder again. `folder` must not be there yet, and appears whole or not at all.
PackSummary unpack_archive(const std::filesystem::path& file, const std::filesystem::path& folder);

/// Whether this is a file that begins as a pack does.
bool looks_packed(const std::filesystem::path& path);

}  // namespace gridtally::archive
