#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gridtally::archive {

/// Names inside an archive folder, besides segment_name.
inline constexpr const char* genesis_name = "genesis.bin";
inline constexpr const char* manifest_name = "manifest";
/// Larger ones are refused unread [bytes].
inline constexpr std::uint64_t most_genesis = std::uint64_t{1} << 30;
inline constexpr std::uint64_t most_manifest = std::uint64_t{16} << 20;
inline constexpr const char* lock_name = "lock";
/// What a genesis is called while an archive is being replaced or begun.
inline constexpr const char* begun_name = "genesis.bin.tmp";

/// "journal-0003"
std::string journal_name(std::uint32_t day);

/// What of an archive stands in a folder; nothing else in it is listed.
struct ArchiveNames {
  bool genesis = false;
  bool manifest = false;
  std::vector<std::uint32_t> journals;   ///< days, ascending
  std::vector<std::uint32_t> segments;   ///< days, ascending
  std::vector<std::string> temporaries;  ///< writes that a crash cut off
  /// Of files that count: no temporaries.
  [[nodiscard]] std::size_t size() const {
    return (genesis ? 1 : 0) + (manifest ? 1 : 0) + journals.size() + segments.size();
  }
};
/// Those among some names.
ArchiveNames archive_names(const std::vector<std::string>& names);
/// An absent folder holds nothing.
ArchiveNames list_archive(const std::filesystem::path& folder);

/// InputError unless an archive may be written to `folder`: absent, empty, or with `replace` an
/// archive that holds nothing but an archive's files. Changes nothing.
void require_output_folder(const std::filesystem::path& folder, bool replace);

/// Removes an archive's files but the lock, and the genesis in the first step: what a crash leaves
/// is known by begun_name as an archive to be replaced.
void remove_archive_files(const std::filesystem::path& folder);

}  // namespace gridtally::archive
