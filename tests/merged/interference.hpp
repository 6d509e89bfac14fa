#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace gridtally::merged::testing {

enum class Call : std::uint8_t { write_dataset, close_file, sync };

/// Whether a call shall return an error. Of a sync the path, which is not synced then; HDF5's calls
/// are made all the same, as the other ranks wait in them.
using Verdict = std::function<bool(Call call, const std::filesystem::path& path)>;

/// Asked before each such call of this process, by whatever library, while the object lives.
class Interference {
 public:
  explicit Interference(Verdict verdict);
  ~Interference();
  Interference(const Interference&) = delete;
  Interference& operator=(const Interference&) = delete;
};

}  // namespace gridtally::merged::testing
