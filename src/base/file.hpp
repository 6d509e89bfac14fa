#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace gridtally {

/// Whether a name may be a symbolic link.
enum class Links : std::uint8_t { follow, refuse };

/// An open file descriptor that closes itself. All calls throw IoError with path and reason. Once a
/// write or a sync has failed, every later one does: what the kernel could not write it forgets, so
/// that a second fsync would promise what is not on the disk.
class File {
 public:
  /// Creates `path` for writing with `mode` bits; it must not exist yet.
  static File create(const std::filesystem::path& path, unsigned mode);
  /// Regular files only: a pipe or a device under that name could block for ever.
  static File open_read(const std::filesystem::path& path, Links links = Links::follow);
  static File open_append(const std::filesystem::path& path);

  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();

  /// Writes all of `bytes`; short writes and EINTR are retried.
  void write(std::span<const std::uint8_t> bytes);
  /// fdatasync / fsync: returns once the bytes are durable.
  void sync_data();
  void sync();
  /// Reads up to `bytes.size()` bytes from `offset`; fewer only where the file ends.
  std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) const;
  /// Bytes; IoError unless it is a regular file.
  [[nodiscard]] std::uint64_t size() const;
  /// The descriptor is gone afterwards, whatever close says: bytes are safe only after a sync.
  void close();
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  File(int descriptor, std::filesystem::path path);
  void require_usable() const;

  int descriptor_ = -1;
  std::filesystem::path path_;
  bool failed_ = false;
};

/// fsync of a folder: makes creations, renames and removals in it durable.
void sync_folder(const std::filesystem::path& folder);

/// Makes `folder` and those above it where they are not there yet, durably; IoError when something
/// else is in the way.
void create_folders_durably(const std::filesystem::path& folder);

/// rename(2), which replaces `to` in one step; durable once the folder is synced.
void rename_file(const std::filesystem::path& from, const std::filesystem::path& to);
/// unlink(2); false when there is no such file.
bool remove_file(const std::filesystem::path& path);

/// fsync of an existing file by name.
void sync_file(const std::filesystem::path& path);
/// The same of many, some at once: one write of the file system's journal then makes several
/// durable.
void sync_files(std::span<const std::filesystem::path> paths);

/// Writes `path` so that it is either the old or the new content after a crash: temporary
/// file beside it, fsync, rename, fsync of the folder.
void write_file_durably(const std::filesystem::path& path, std::span<const std::uint8_t> bytes,
                        unsigned mode = 0644);
void write_file_durably(const std::filesystem::path& path, const std::string& text,
                        unsigned mode = 0644);

/// The whole file; IoError when it is larger than `limit` bytes (bounds hostile input).
std::vector<std::uint8_t> read_file(const std::filesystem::path& path,
                                    std::uintmax_t limit = std::uintmax_t{1} << 32);
std::string read_text(const std::filesystem::path& path,
                      std::uintmax_t limit = std::uintmax_t{1} << 32);

}  // namespace gridtally
