#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>

#include "crash/shim/recorder.hpp"

// open and its kin, under every name that libraries call it by.
using gridtally::crash::Call;
using gridtally::crash::CountedCall;
using gridtally::crash::next;
using gridtally::crash::path_of;

namespace {
bool is_new(int folder, const char* name, int flags) {
  return (flags & O_CREAT) != 0 && ::faccessat(folder, name, F_OK, 0) != 0;
}

int counted_open(int folder, const char* name, int flags, unsigned mode) {
  static auto* const real = next<int(int, const char*, int, ...)>("openat");
  CountedCall call(Call::open, path_of(folder, name), is_new(folder, name, flags));
  const int descriptor = call.fails() ? -1 : real(folder, name, flags, mode);
  return static_cast<int>(call.done(descriptor, descriptor, flags));
}

/// The flags of fopen's modes "r", "w", "a", each with or without "+".
int flags_of(const char* mode) {
  const bool both = std::strchr(mode, '+') != nullptr;
  if (mode[0] == 'r') return both ? O_RDWR : O_RDONLY;
  return (both ? O_RDWR : O_WRONLY) | O_CREAT | (mode[0] == 'a' ? O_APPEND : O_TRUNC);
}

FILE* counted_fopen(const char* name, const char* mode) {
  static auto* const real = next<FILE*(const char*, const char*)>("fopen");
  CountedCall call(Call::open, path_of(AT_FDCWD, name), is_new(AT_FDCWD, name, flags_of(mode)));
  FILE* const file = call.fails() ? nullptr : real(name, mode);
  const int descriptor = file == nullptr ? -1 : ::fileno(file);
  call.done(descriptor, descriptor, flags_of(mode));
  return file;
}

/// Takes the mode out of the list only where the flags say that there is one.
unsigned mode_of(int flags, va_list list) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, unsigned) : 0;
}
}  // namespace

extern "C" {
int open(const char* name, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const auto mode = mode_of(flags, list);
  va_end(list);
  return counted_open(AT_FDCWD, name, flags, mode);
}

int open64(const char* name, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const auto mode = mode_of(flags, list);
  va_end(list);
  return counted_open(AT_FDCWD, name, flags, mode);
}

int openat(int folder, const char* name, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const auto mode = mode_of(flags, list);
  va_end(list);
  return counted_open(folder, name, flags, mode);
}

int openat64(int folder, const char* name, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const auto mode = mode_of(flags, list);
  va_end(list);
  return counted_open(folder, name, flags, mode);
}

int creat(const char* name, mode_t mode) {
  return counted_open(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
int creat64(const char* name, mode_t mode) {
  return counted_open(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

// What <fcntl.h> calls instead where the program was built with _FORTIFY_SOURCE.
int __open_2(const char* name, int flags) { return counted_open(AT_FDCWD, name, flags, 0); }
int __open64_2(const char* name, int flags) { return counted_open(AT_FDCWD, name, flags, 0); }
int __openat_2(int folder, const char* name, int flags) {
  return counted_open(folder, name, flags, 0);
}
int __openat64_2(int folder, const char* name, int flags) {
  return counted_open(folder, name, flags, 0);
}

FILE* fopen(const char* name, const char* mode) { return counted_fopen(name, mode); }
FILE* fopen64(const char* name, const char* mode) { return counted_fopen(name, mode); }
}
