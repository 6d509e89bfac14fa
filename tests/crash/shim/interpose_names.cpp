#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "crash/shim/recorder.hpp"

// What changes the names in a folder.
using gridtally::crash::Call;
using gridtally::crash::CountedCall;
using gridtally::crash::next;
using gridtally::crash::path_of;

namespace {
int counted_rename(int from_folder, const char* from, int to_folder, const char* to) {
  static auto* const real = next<int(int, const char*, int, const char*)>("renameat");
  const auto target = path_of(to_folder, to);
  CountedCall call(Call::rename, path_of(from_folder, from));
  const int result = call.fails() ? -1 : real(from_folder, from, to_folder, to);
  return static_cast<int>(call.done(result, -1, 0, 0, target));
}

int counted_link(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  static auto* const real = next<int(int, const char*, int, const char*, int)>("linkat");
  const auto target = path_of(to_folder, to);
  CountedCall call(Call::link, path_of(from_folder, from));
  const int result = call.fails() ? -1 : real(from_folder, from, to_folder, to, flags);
  return static_cast<int>(call.done(result, -1, 0, 0, target));
}

int counted_unlink(int folder, const char* name, int flags) {
  static auto* const real = next<int(int, const char*, int)>("unlinkat");
  const bool is_folder = (flags & AT_REMOVEDIR) != 0;
  CountedCall call(is_folder ? Call::remove_folder : Call::unlink, path_of(folder, name));
  return static_cast<int>(call.done(call.fails() ? -1 : real(folder, name, flags)));
}

int counted_mkdir(int folder, const char* name, mode_t mode) {
  static auto* const real = next<int(int, const char*, mode_t)>("mkdirat");
  CountedCall call(Call::make_folder, path_of(folder, name));
  return static_cast<int>(call.done(call.fails() ? -1 : real(folder, name, mode)));
}

int counted_chmod(int folder, const char* name, mode_t mode, int flags) {
  static auto* const real = next<int(int, const char*, mode_t, int)>("fchmodat");
  CountedCall call(Call::change_mode, path_of(folder, name));
  return static_cast<int>(call.done(call.fails() ? -1 : real(folder, name, mode, flags)));
}
}  // namespace

extern "C" {
int rename(const char* from, const char* to) noexcept {
  return counted_rename(AT_FDCWD, from, AT_FDCWD, to);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  return counted_rename(from_folder, from, to_folder, to);
}
int link(const char* from, const char* to) noexcept {
  return counted_link(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  return counted_link(from_folder, from, to_folder, to, flags);
}

int unlink(const char* name) noexcept { return counted_unlink(AT_FDCWD, name, 0); }
int unlinkat(int folder, const char* name, int flags) noexcept {
  return counted_unlink(folder, name, flags);
}
int rmdir(const char* name) noexcept { return counted_unlink(AT_FDCWD, name, AT_REMOVEDIR); }
/// A file, or else an empty folder; what std::filesystem::remove calls.
int remove(const char* name) noexcept {
  struct stat status {};
  const bool is_folder = ::lstat(name, &status) == 0 && S_ISDIR(status.st_mode);
  return counted_unlink(AT_FDCWD, name, is_folder ? AT_REMOVEDIR : 0);
}

int mkdir(const char* name, mode_t mode) noexcept { return counted_mkdir(AT_FDCWD, name, mode); }
int mkdirat(int folder, const char* name, mode_t mode) noexcept {
  return counted_mkdir(folder, name, mode);
}

int chmod(const char* name, mode_t mode) noexcept { return counted_chmod(AT_FDCWD, name, mode, 0); }
int fchmodat(int folder, const char* name, mode_t mode, int flags) noexcept {
  return counted_chmod(folder, name, mode, flags);
}
int truncate(const char* name, off_t size) noexcept {
  static auto* const real = next<int(const char*, off_t)>("truncate");
  CountedCall call(Call::truncate, path_of(AT_FDCWD, name));
  return static_cast<int>(call.done(call.fails() ? -1 : real(name, size), -1, 0, size));
}
}
