#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "archive/input.hpp"
#include "archive/output_folder.hpp"
#include "archive/pack_index.hpp"

namespace gridtally::archive {

/// The files of an archive by their names, each read in place: in a folder, or in a pack.
class ArchiveFiles {
 public:
  /// Of a file: FormatError unless it is a pack. Anything else is taken for a folder, and what it
  /// lacks is missing.
  explicit ArchiveFiles(std::filesystem::path place);

  [[nodiscard]] bool is_pack() const { return pack_.has_value(); }
  /// IoError unless it is there; in a folder also unless it is regular and no symbolic link.
  [[nodiscard]] Input open(const std::string& name) const;
  /// Which there are now.
  [[nodiscard]] ArchiveNames names() const;

 private:
  struct Pack {
    std::shared_ptr<const File> file;
    std::vector<PackMember> members;
  };
  std::filesystem::path place_;
  std::optional<Pack> pack_;
};

}  // namespace gridtally::archive
