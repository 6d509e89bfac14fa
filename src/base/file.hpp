#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace gridtally {

/// An open file descriptor that closes itself. All calls throw IoError with path and reason.
class File {
 public:
  /// Creates `path` for writing with `mode` bits; it must not exist yet.
  static File create(const std::filesystem::path& path, unsigned mode);
  static File open_read(const std::filesystem::path& path);
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
  void close();
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  File(int descriptor, std::filesystem::path path);
  int descriptor_ = -1;
  std::filesystem::path path_;
};

/// fsync of a folder: makes creations, renames and removals in it durable.
void sync_folder(const std::filesystem::path& folder);

/// fsync of an existing file by name.
void sync_file(const std::filesystem::path& path);

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
