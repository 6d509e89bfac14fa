#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hpp"

namespace gridtally {

namespace {
[[noreturn]] void fail(const char* call, const std::filesystem::path& path) {
  const int reason = errno;
  throw IoError(std::string(call) + " '" + path.string() + "': " + std::strerror(reason));
}

int open_retrying(const char* path, int flags, unsigned mode) {
  while (true) {
    const int descriptor = ::open(path, flags, mode);
    if (descriptor >= 0 || errno != EINTR) return descriptor;
  }
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

template <class Buffer>
Buffer read_whole(const std::filesystem::path& path, std::uintmax_t limit) {
  File file = File::open_read(path);
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0) fail("fstat", path);
  if (!S_ISREG(status.st_mode)) throw IoError("'" + path.string() + "' is not a regular file");
  const auto size = static_cast<std::uintmax_t>(status.st_size);
  if (size > limit) {
    throw IoError("'" + path.string() + "' has " + std::to_string(size) + " bytes, more than the " +
                  std::to_string(limit) + " allowed here");
  }
  Buffer buffer(static_cast<std::size_t>(size), {});
  std::size_t done = 0;
  while (done < buffer.size()) {
    const auto count = ::read(file.descriptor(), buffer.data() + done, buffer.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read", path);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  buffer.resize(done);
  return buffer;
}
}  // namespace

File::File(int descriptor, std::filesystem::path path)
    : descriptor_(descriptor), path_(std::move(path)) {}

File File::create(const std::filesystem::path& path, unsigned mode) {
  const int descriptor = open_retrying(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) fail("create", path);
  return {descriptor, path};
}

File File::open_read(const std::filesystem::path& path) {
  const int descriptor = open_retrying(path.c_str(), O_RDONLY | O_CLOEXEC, 0);
  if (descriptor < 0) fail("open", path);
  return {descriptor, path};
}

File File::open_append(const std::filesystem::path& path) {
  const int descriptor = open_retrying(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC, 0);
  if (descriptor < 0) fail("open", path);
  return {descriptor, path};
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void File::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("write", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void File::sync_data() {
  if (::fdatasync(descriptor_) != 0) fail("fdatasync", path_);
}

void File::sync() {
  if (::fsync(descriptor_) != 0) fail("fsync", path_);
}

void File::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor >= 0 && ::close(descriptor) != 0) fail("close", path_);
}

void sync_folder(const std::filesystem::path& folder) {
  const auto& path = folder.empty() ? std::filesystem::path(".") : folder;
  const int descriptor = open_retrying(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (descriptor < 0) fail("open folder", path);
  const int result = ::fsync(descriptor);
  const int reason = errno;
  ::close(descriptor);
  errno = reason;
  if (result != 0) fail("fsync folder", path);
}

void sync_file(const std::filesystem::path& path) { File::open_read(path).sync(); }

void write_file_durably(const std::filesystem::path& path, std::span<const std::uint8_t> bytes,
                        unsigned mode) {
  auto temporary = path;
  temporary += ".tmp";
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) fail("unlink", temporary);
  File file = File::create(temporary, mode);
  file.write(bytes);
  file.sync();
  file.close();
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail("rename", temporary);
  sync_folder(path.parent_path());
}

void write_file_durably(const std::filesystem::path& path, const std::string& text, unsigned mode) {
  write_file_durably(path, bytes_of(text), mode);
}

std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::uintmax_t limit) {
  return read_whole<std::vector<std::uint8_t>>(path, limit);
}

std::string read_text(const std::filesystem::path& path, std::uintmax_t limit) {
  return read_whole<std::string>(path, limit);
}

}  // namespace gridtally
