#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/crew.hpp"
#include "base/error.hpp"

namespace gridtally {

namespace {
[[noreturn]] void fail(const char* call, const std::filesystem::path& path) {
  const int reason = errno;
  throw IoError(std::string(call) + " '" + path.string() + "': " + std::strerror(reason));
}

// Calls again what a signal cut off. POSIX lets open, read, write, fsync and fdatasync end with
// EINTR; rename and unlink never, and after close the descriptor must not be touched again.
template <class Call>
auto retrying(const Call& call) {
  while (true) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

int open_retrying(const char* path, int flags, unsigned mode) {
  return retrying([&] { return ::open(path, flags, mode); });
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

template <class Buffer>
Buffer read_whole(const std::filesystem::path& path, std::uintmax_t limit) {
  const File file = File::open_read(path);
  const std::uintmax_t size = file.size();
  if (size > limit) {
    throw IoError("'" + path.string() + "' has " + std::to_string(size) + " bytes, more than the " +
                  std::to_string(limit) + " allowed here");
  }
  Buffer buffer(static_cast<std::size_t>(size), {});
  buffer.resize(file.read_at(0, {reinterpret_cast<std::uint8_t*>(buffer.data()), buffer.size()}));
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

File File::open_read(const std::filesystem::path& path, Links links) {
  const int link_flag = links == Links::refuse ? O_NOFOLLOW : 0;
  const int descriptor =
      open_retrying(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | link_flag, 0);
  if (descriptor < 0 && errno == ELOOP && links == Links::refuse) {
    throw IoError("'" + path.string() + "' is a symbolic link; put the file itself there");
  }
  if (descriptor < 0) fail("open", path);
  File file(descriptor, path);
  (void)file.size();  // refuses what is not a regular file
  return file;
}

File File::open_append(const std::filesystem::path& path) {
  const int descriptor = open_retrying(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC, 0);
  if (descriptor < 0) fail("open", path);
  return {descriptor, path};
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      failed_(other.failed_) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(failed_, other.failed_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void File::require_usable() const {
  if (!failed_) return;
  throw IoError("'" + path_.string() +
                "' is not written any more: an earlier write or sync of it failed");
}

void File::write(std::span<const std::uint8_t> bytes) {
  require_usable();
  failed_ = true;
  while (!bytes.empty()) {
    const auto count = retrying([&] { return ::write(descriptor_, bytes.data(), bytes.size()); });
    if (count < 0) fail("write", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  failed_ = false;
}

void File::sync_data() {
  require_usable();
  failed_ = true;
  if (retrying([&] { return ::fdatasync(descriptor_); }) != 0) fail("fdatasync", path_);
  failed_ = false;
}

void File::sync() {
  require_usable();
  failed_ = true;
  if (retrying([&] { return ::fsync(descriptor_); }) != 0) fail("fsync", path_);
  failed_ = false;
}

std::size_t File::read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto count = retrying([&] {
      return ::pread(descriptor_, bytes.data() + done, bytes.size() - done,
                     static_cast<off_t>(offset + done));
    });
    if (count < 0) fail("read", path_);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

std::uint64_t File::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail("fstat", path_);
  if (!S_ISREG(status.st_mode)) throw IoError("'" + path_.string() + "' is not a regular file");
  return static_cast<std::uint64_t>(status.st_size);
}

void File::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor >= 0 && ::close(descriptor) != 0 && errno != EINTR) fail("close", path_);
}

void sync_folder(const std::filesystem::path& folder) {
  const auto& path = folder.empty() ? std::filesystem::path(".") : folder;
  const int descriptor = open_retrying(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (descriptor < 0) fail("open folder", path);
  const int result = retrying([&] { return ::fsync(descriptor); });
  const int reason = errno;
  ::close(descriptor);
  errno = reason;
  if (result != 0) fail("fsync folder", path);
}

void create_folders_durably(const std::filesystem::path& folder) {
  const auto path = (folder / "").parent_path();  // without a slash at its end
  if (path.empty()) return;
  if (!std::filesystem::exists(path.parent_path())) create_folders_durably(path.parent_path());
  if (::mkdir(path.c_str(), 0777) != 0 &&
      (errno != EEXIST || !std::filesystem::is_directory(path))) {
    fail("make folder", path);
  }
  sync_folder(path.parent_path());
}

void rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("rename", from);
}

bool remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno != ENOENT) fail("unlink", path);
  return false;
}

void sync_file(const std::filesystem::path& path) { File::open_read(path).sync(); }

void sync_files(std::span<const std::filesystem::path> paths) {
  constexpr std::size_t few = 16;
  constexpr unsigned helpers = 7;  // they wait for the disk
  Crew crew(paths.size() < few ? 0 : helpers);
  crew.share(paths.size(), [&](std::size_t i) { sync_file(paths[i]); });
}

void write_file_durably(const std::filesystem::path& path, std::span<const std::uint8_t> bytes,
                        unsigned mode) {
  auto temporary = path;
  temporary += ".tmp";
  remove_file(temporary);
  File file = File::create(temporary, mode);
  file.write(bytes);
  file.sync();
  file.close();
  rename_file(temporary, path);
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
