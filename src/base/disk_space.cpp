#include "base/disk_space.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally {

namespace {
[[noreturn]] void no_room(const std::filesystem::path& path, std::uint64_t bytes, int reason) {
  throw IoError("no room for the " + std::to_string(bytes) + " bytes that '" + path.string() +
                "' may take (" + std::strerror(reason) + "): " +
                (reason == EFBIG ? "raise the limit of a file's size (ulimit -f)"
                                 : "free as much on its disk") +
                ", and try again");
}

void require_free(const std::filesystem::path& path, std::uint64_t bytes) {
  struct statvfs found {};
  if (::statvfs(path.c_str(), &found) != 0) {
    throw IoError("statvfs '" + path.string() + "': " + std::strerror(errno));
  }
  if (found.f_bavail < bytes / found.f_frsize + 1) no_room(path, bytes, ENOSPC);
}

bool fallocate_retrying(const File& file, int mode, off_t start, off_t bytes) {
  while (::fallocate(file.descriptor(), mode, start, bytes) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}
}  // namespace

void reserve_space(const std::filesystem::path& path, std::uint64_t bytes) {
  if (bytes == 0) return;
  rlimit most{};  // not fallocate's concern as long as the size stays
  if (::getrlimit(RLIMIT_FSIZE, &most) == 0 && bytes > most.rlim_cur) no_room(path, bytes, EFBIG);
  const auto file = File::open_append(path);
  if (fallocate_retrying(file, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes))) return;
  if (errno != EOPNOTSUPP && errno != ENOSYS) no_room(path, bytes, errno);
  require_free(path, bytes);
}

// ext4 and XFS free what lies beyond the end when a file is cut where it ends, tmpfs when it is
// punched out; where neither does, nothing but the room is lost.
void release_space(const std::filesystem::path& path) {
  const auto file = File::open_append(path);
  const auto size = static_cast<off_t>(file.size());
  if (::ftruncate(file.descriptor(), size) != 0) {
    throw IoError("ftruncate '" + path.string() + "': " + std::strerror(errno));
  }
  (void)fallocate_retrying(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, size,
                           std::numeric_limits<off_t>::max() - size);
}

}  // namespace gridtally
