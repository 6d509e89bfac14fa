#pragma once

#include <filesystem>
#include <string>

#include "archive/input.hpp"
#include "archive/output_folder.hpp"

namespace gridtally::archive {

/// The files of an archive by their names, each read in place.
class ArchiveFiles {
 public:
  explicit ArchiveFiles(std::filesystem::path place) : place_(std::move(place)) {}

  /// IoError unless it is there, regular and no symbolic link.
  [[nodiscard]] Input open(const std::string& name) const { return Input(place_ / name); }
  /// Which there are now.
  [[nodiscard]] ArchiveNames names() const { return list_archive(place_); }

 private:
  std::filesystem::path place_;
};

}  // namespace gridtally::archive
