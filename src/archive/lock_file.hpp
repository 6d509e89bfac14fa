#pragma once

#include <filesystem>

namespace gridtally::archive {

/// Holds an exclusive flock on a file until destroyed. The file stays, empty.
class LockFile {
 public:
  /// InputError when another process or writer holds it.
  explicit LockFile(const std::filesystem::path& path);
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();

 private:
  int descriptor_ = -1;
};

/// Whether a writer holds the archive in `folder` at this moment.
bool is_being_written(const std::filesystem::path& folder);

}  // namespace gridtally::archive
