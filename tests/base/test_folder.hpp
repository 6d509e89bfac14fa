#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/error.hpp"

namespace gridtally {

/// `disk`: where TMPDIR says. `memory`: /dev/shm where it can be written and has 256 MiB left, else
/// as `disk`; for what writes much and is not about disks.
enum class Place { disk, memory };

/// A folder of this object's own, gone with it: tests run side by side, so none looks at or writes
/// to a folder that another may use.
class TestFolder {
 public:
  explicit TestFolder(Place place = Place::disk) {
    auto pattern = (above(place) / "gridtally-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw IoError("mkdtemp '" + pattern + "': " + std::strerror(errno));
    }
    path_ = pattern;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& name) const {
    return path_ / name;
  }

 private:
  static std::filesystem::path above(Place place) {
    const std::filesystem::path memory = "/dev/shm";
    const bool fits = place == Place::memory && ::access(memory.c_str(), W_OK) == 0 &&
                      std::filesystem::space(memory).available > (std::uintmax_t{256} << 20);
    return fits ? memory : std::filesystem::temp_directory_path();
  }

  std::filesystem::path path_;
};

}  // namespace gridtally
