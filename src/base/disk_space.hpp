#pragma once

#include <cstdint>
#include <filesystem>

namespace gridtally {

/// Has the file system keep `bytes` for an existing file, counted from its start; what the file
/// holds and its size stay as they are. IoError with path and remedy where there are not as many,
/// or this process may not write as many (RLIMIT_FSIZE). A file system that keeps nothing (NFS 3)
/// is asked what is free, which others may use meanwhile.
void reserve_space(const std::filesystem::path& path, std::uint64_t bytes);

/// Gives back what reserve_space had kept beyond the file's end.
void release_space(const std::filesystem::path& path);

}  // namespace gridtally
