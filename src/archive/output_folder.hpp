#pragma once

#include <filesystem>

namespace gridtally::archive {

/// Names inside an archive folder, besides segment_name.
inline constexpr const char* genesis_name = "genesis.bin";
inline constexpr const char* manifest_name = "manifest";
inline constexpr const char* journal_name = "journal";
inline constexpr const char* lock_name = "lock";

/// InputError unless an archive may be written to `folder`: absent, empty, or with `replace` an
/// archive that holds nothing but an archive's files. Changes nothing.
void require_output_folder(const std::filesystem::path& folder, bool replace);

/// Removes an archive's files but the lock; genesis last, so that what a crash leaves is still
/// known as an archive.
void remove_archive_files(const std::filesystem::path& folder);

}  // namespace gridtally::archive
