#pragma once

#include <cstdint>
#include <filesystem>

#include "archive/column.hpp"
#include "archive/private_file.hpp"

namespace gridtally::archive {

/// One meter's private data read prosumer by prosumer: of all days one prosumer's are in memory at
/// a time. Errors as of read_private_file_at.
class PrivateReader {
 public:
  PrivateReader() = default;
  PrivateReader(const PrivateReader&) = delete;
  PrivateReader& operator=(const PrivateReader&) = delete;
  virtual ~PrivateReader() = default;

  /// What is not one prosumer's.
  virtual PrivateFile about() = 0;
  [[nodiscard]] virtual std::uint32_t settled_days() const = 0;
  virtual PrivateProsumer next() = 0;
};

/// Of the meter's own file.
class PrivateFileReader final : public PrivateReader {
 public:
  PrivateFileReader(std::filesystem::path path, const PrivateExpectation& expected);
  PrivateFile about() override;
  [[nodiscard]] std::uint32_t settled_days() const override {
    return static_cast<std::uint32_t>(extents_.settled_days);
  }
  PrivateProsumer next() override;

 private:
  std::filesystem::path path_;
  PrivateExpectation expected_;
  Extents extents_;
  ColumnReaders readers_;
  std::uint32_t next_ = 0;
};

}  // namespace gridtally::archive
