#pragma once

#include <filesystem>

namespace gridtally::archive {

/// Holds a flock on a file until destroyed. The file stays, empty.
class LockFile {
 public:
  /// InputError when another process or writer holds it.
  explicit LockFile(const std::filesystem::path& path);
  /// Keeps writers out of the archive in `folder`, but no readers; nothing is made there.
  /// InputError when a writer is in it.
  static LockFile share(const std::filesystem::path& folder);
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();

 private:
  LockFile() = default;
  int descriptor_ = -1;
};

/// Whether a writer holds the archive in `folder` at this moment.
bool is_being_written(const std::filesystem::path& folder);

}  // namespace gridtally::archive
