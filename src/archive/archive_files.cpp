#include "archive/archive_files.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace gridtally::archive {

ArchiveFiles::ArchiveFiles(std::filesystem::path place) : place_(std::move(place)) {
  std::error_code none;
  if (!std::filesystem::exists(place_, none) || std::filesystem::is_directory(place_, none)) return;
  const auto file = std::make_shared<const File>(File::open_read(place_));
  pack_ = Pack{file, read_pack_index(Input(file, place_.filename().string(), 0, file->size()))};
}

Input ArchiveFiles::open(const std::string& name) const {
  if (!pack_) return Input(place_ / name);
  const auto member = std::find_if(pack_->members.begin(), pack_->members.end(),
                                   [&](const PackMember& other) { return other.name == name; });
  if (member != pack_->members.end()) return {pack_->file, name, member->first, member->size};
  throw IoError("'" + name + "' is not in '" + place_.string() + "'");
}

ArchiveNames ArchiveFiles::names() const {
  if (!pack_) return list_archive(place_);
  std::vector<std::string> names;
  for (const auto& member : pack_->members) names.push_back(member.name);
  return archive_names(names);
}

}  // namespace gridtally::archive
