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
  /// The next prosumer, with the schedules of the days [first, end), `end` at most settled_days().
  virtual PrivateProsumer next(std::uint32_t first, std::uint32_t end) = 0;
  /// The same, schedules only: takes less time. A reader gives one or the other.
  virtual PrivateDays next_schedules(std::uint32_t first, std::uint32_t end) = 0;
};

/// Of the meter's own file.
class PrivateFileReader final : public PrivateReader {
 public:
  PrivateFileReader(std::filesystem::path path, const PrivateExpectation& expected);
  PrivateFile about() override;
  [[nodiscard]] std::uint32_t settled_days() const override {
    return static_cast<std::uint32_t>(extents_.settled_days);
  }
  PrivateProsumer next(std::uint32_t first, std::uint32_t end) override;
  PrivateDays next_schedules(std::uint32_t first, std::uint32_t end) override;

 private:
  std::filesystem::path path_;
  PrivateExpectation expected_;
  Extents extents_;
  ColumnReaders readers_;
  std::uint32_t next_ = 0;
};

}  // namespace gridtally::archive
