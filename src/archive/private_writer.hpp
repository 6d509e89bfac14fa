#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>

#include "archive/column_writer.hpp"
#include "archive/private_file.hpp"

namespace gridtally::archive {

/// Writes a meter's file prosumer by prosumer: of all days one prosumer's are in memory at a time.
class PrivateFileWriter {
 public:
  /// Makes the file at `path`, which must not exist, mode 0600. Of `about`, schedules are ignored.
  PrivateFileWriter(const std::filesystem::path& path, const PrivateFile& about,
                    std::uint64_t settled_days);
  /// Those of `about` in order, each with as many schedules.
  void add(const PrivateProsumer& prosumer);
  /// Error when rows are missing; IoError when the file cannot be written. Nothing is durable yet.
  void finish();

 private:
  hdf5::Handle file_;
  std::size_t name_width_ = 1;
  ColumnWriters columns_;
};

/// Writes the new file of the i-th meter.
using PrivateFileSource =
    std::function<void(const std::filesystem::path& temporary, std::size_t i)>;
/// Replaces the files of `meters`: after a crash each is either the old or the new one. All are
/// written before the first is made durable.
void replace_private_files(const std::filesystem::path& folder,
                           std::span<const std::uint32_t> meters, const PrivateFileSource& write);

}  // namespace gridtally::archive
