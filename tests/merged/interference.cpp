#include "merged/interference.hpp"

#include <dlfcn.h>
#include <hdf5.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace gridtally::merged::testing {

namespace {
Verdict& verdict_in_force() {
  static Verdict verdict;
  return verdict;
}

bool fails(Call call, const std::filesystem::path& path = {}) {
  const auto& verdict = verdict_in_force();
  return verdict && verdict(call, path);
}

/// The library's own.
template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
}  // namespace

Interference::Interference(Verdict verdict) { verdict_in_force() = std::move(verdict); }
Interference::~Interference() { verdict_in_force() = nullptr; }

extern "C" {
herr_t H5Dwrite(hid_t dataset, hid_t memory_type, hid_t memory, hid_t space, hid_t transfer,
                const void* data) {
  static auto* const real =
      next<herr_t(hid_t, hid_t, hid_t, hid_t, hid_t, const void*)>("H5Dwrite");
  const bool failing = fails(Call::write_dataset);
  const auto result = real(dataset, memory_type, memory, space, transfer, data);
  return failing ? -1 : result;
}

herr_t H5Fclose(hid_t file) {
  static auto* const real = next<herr_t(hid_t)>("H5Fclose");
  const bool failing = fails(Call::close_file);
  const auto result = real(file);
  return failing ? -1 : result;
}

int fsync(int descriptor) {
  static auto* const real = next<int(int)>("fsync");
  std::error_code unnamed;
  const auto path =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor), unnamed);
  if (!fails(Call::sync, path)) return real(descriptor);
  errno = EIO;
  return -1;
}
}

}  // namespace gridtally::merged::testing
