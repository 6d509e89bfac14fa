#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "archive/column_writer.hpp"
#include "archive/private_file.hpp"
#include "archive/private_template.hpp"

namespace gridtally::archive {

/// Writes a meter's file prosumer by prosumer: of all days one prosumer's are in memory at a time,
/// but for a file so small that it is a copy of a template.
class PrivateFileWriter {
 public:
  /// Makes the file at `path`, which must not exist, mode 0600. Of `about`, which must outlive
  /// this, schedules are ignored.
  PrivateFileWriter(const std::filesystem::path& path, const PrivateFile& about,
                    std::uint64_t settled_days, PrivateTemplates& templates);
  /// Those of `about` in order, each with as many schedules.
  void add(const PrivateProsumer& prosumer);
  /// Error when rows are missing; IoError when the file cannot be written. Nothing is durable yet.
  void finish();

 private:
  void append(const std::string& path, ledger::ByteView bytes);

  std::filesystem::path path_;
  const PrivateFile& about_;
  Extents extents_;
  const PrivateTemplate* template_;              ///< or null: the library writes
  std::map<std::string, ledger::Bytes> copied_;  ///< what goes into a copy of the template
  hdf5::Handle file_;
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
