#include "archive/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace gridtally::archive {

LockFile::LockFile(const std::filesystem::path& path)
    : descriptor_(
          ::open(path.c_str(), O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW, 0644)) {
  if (descriptor_ < 0) {
    throw IoError("open '" + path.string() + "': " + std::strerror(errno));
  }
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int reason = errno;
  ::close(std::exchange(descriptor_, -1));
  if (reason == EWOULDBLOCK) {
    throw InputError("'" + path.parent_path().string() +
                     "' is being written by another run; wait for it or choose another output");
  }
  throw IoError("flock '" + path.string() + "': " + std::strerror(reason));
}

LockFile LockFile::share(const std::filesystem::path& folder) {
  LockFile lock;
  lock.descriptor_ =
      ::open((folder / "lock").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (lock.descriptor_ >= 0 && ::flock(lock.descriptor_, LOCK_SH | LOCK_NB) != 0 &&
      errno == EWOULDBLOCK) {
    throw InputError("'" + folder.string() +
                     "' is being written by a run; wait until it has ended");
  }
  return lock;
}

LockFile::LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LockFile::~LockFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool is_being_written(const std::filesystem::path& folder) {
  const int descriptor =
      ::open((folder / "lock").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return false;
  const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return held;
}

}  // namespace gridtally::archive
