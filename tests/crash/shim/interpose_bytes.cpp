#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "crash/shim/recorder.hpp"

// What changes or keeps the bytes of an open file.
using gridtally::crash::Call;
using gridtally::crash::CountedCall;
using gridtally::crash::next;
using gridtally::crash::path_of;

namespace {
/// The first half of what was to be written, at least one byte.
std::vector<iovec> half(std::vector<iovec> parts) {
  std::size_t total = 0;
  for (const auto& part : parts) total += part.iov_len;
  std::size_t left = total > 1 ? total / 2 : total;
  for (auto& part : parts) {
    part.iov_len = part.iov_len < left ? part.iov_len : left;
    left -= part.iov_len;
  }
  return parts;
}

ssize_t write_at_end(int descriptor, std::string path, std::vector<iovec> parts) {
  static auto* const real = next<ssize_t(int, const iovec*, int)>("writev");
  CountedCall call(Call::write, std::move(path));
  if (call.verdict().shorten) parts = half(std::move(parts));
  const auto count =
      call.fails() ? -1 : real(descriptor, parts.data(), static_cast<int>(parts.size()));
  // After the call, so that it is right for O_APPEND too.
  const auto end = count < 0 ? 0 : ::lseek(descriptor, 0, SEEK_CUR);
  return call.done(count, descriptor, 0, end - (count < 0 ? 0 : count), {}, parts);
}

ssize_t write_at(int descriptor, std::vector<iovec> parts, off_t offset) {
  static auto* const real = next<ssize_t(int, const iovec*, int, off_t)>("pwritev");
  CountedCall call(Call::write, path_of(descriptor));
  if (call.verdict().shorten) parts = half(std::move(parts));
  const auto count =
      call.fails() ? -1 : real(descriptor, parts.data(), static_cast<int>(parts.size()), offset);
  return call.done(count, descriptor, 0, offset, {}, parts);
}

std::vector<iovec> one(const void* data, std::size_t size) {
  return {{const_cast<void*>(data), size}};
}

int counted_sync(int descriptor, int (*real)(int)) {
  CountedCall call(Call::sync, path_of(descriptor));
  return static_cast<int>(call.done(call.fails() ? -1 : real(descriptor), descriptor));
}

int counted_truncate(int descriptor, off_t size) {
  static auto* const real = next<int(int, off_t)>("ftruncate");
  CountedCall call(Call::truncate, path_of(descriptor));
  return static_cast<int>(
      call.done(call.fails() ? -1 : real(descriptor, size), descriptor, 0, size));
}

bool open_for_writing(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}
}  // namespace

extern "C" {
ssize_t write(int descriptor, const void* data, size_t size) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  auto path = path_of(descriptor);
  if (path.empty()) return real(descriptor, data, size);
  return write_at_end(descriptor, std::move(path), one(data, size));
}
ssize_t writev(int descriptor, const iovec* parts, int count) {
  static auto* const real = next<ssize_t(int, const iovec*, int)>("writev");
  auto path = path_of(descriptor);
  if (path.empty()) return real(descriptor, parts, count);
  return write_at_end(descriptor, std::move(path), {parts, parts + count});
}
ssize_t pwrite(int descriptor, const void* data, size_t size, off_t offset) {
  return write_at(descriptor, one(data, size), offset);
}
ssize_t pwrite64(int descriptor, const void* data, size_t size, off_t offset) {
  return write_at(descriptor, one(data, size), offset);
}
ssize_t pwritev(int descriptor, const iovec* parts, int count, off_t offset) {
  return write_at(descriptor, {parts, parts + count}, offset);
}
ssize_t pwritev64(int descriptor, const iovec* parts, int count, off_t offset) {
  return write_at(descriptor, {parts, parts + count}, offset);
}

int fsync(int descriptor) {
  static auto* const real = next<int(int)>("fsync");
  return counted_sync(descriptor, real);
}
int fdatasync(int descriptor) {
  static auto* const real = next<int(int)>("fdatasync");
  return counted_sync(descriptor, real);
}

int ftruncate(int descriptor, off_t size) noexcept { return counted_truncate(descriptor, size); }
int ftruncate64(int descriptor, off_t size) noexcept { return counted_truncate(descriptor, size); }

/// The file is closed even when the program is told that it failed, as on Linux.
int close(int descriptor) {
  static auto* const real = next<int(int)>("close");
  if (!open_for_writing(descriptor)) return real(descriptor);
  CountedCall call(Call::close, path_of(descriptor));
  return static_cast<int>(call.done(real(descriptor), descriptor));
}

int flock(int descriptor, int operation) noexcept {
  static auto* const real = next<int(int, int)>("flock");
  CountedCall call(Call::lock, path_of(descriptor));
  return static_cast<int>(call.done(call.fails() ? -1 : real(descriptor, operation), descriptor));
}

int fchmod(int descriptor, mode_t mode) noexcept {
  static auto* const real = next<int(int, mode_t)>("fchmod");
  CountedCall call(Call::change_mode, path_of(descriptor));
  return static_cast<int>(call.done(call.fails() ? -1 : real(descriptor, mode), descriptor));
}
}
