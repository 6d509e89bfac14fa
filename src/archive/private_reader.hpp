#pragma once

#include <cstdint>
#include <filesystem>

#include "archive/column.hpp"
#include "archive/private_file.hpp"

namespace gridtally::archive {

/// A meter's own file read prosumer by prosumer: of all days one prosumer's are in memory at a
/// time. Errors as of read_private_file_at.
class PrivateFileReader {
 public:
  PrivateFileReader(std::filesystem::path path, const PrivateExpectation& expected);
  /// What is not one prosumer's.
  [[nodiscard]] PrivateFile about();
  [[nodiscard]] std::uint32_t settled_days() const {
    return static_cast<std::uint32_t>(extents_.settled_days);
  }
  [[nodiscard]] PrivateProsumer next();

 private:
  std::filesystem::path path_;
  PrivateExpectation expected_;
  Extents extents_;
  ColumnReaders readers_;
  std::uint32_t next_ = 0;
};

}  // namespace gridtally::archive
