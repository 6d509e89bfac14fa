#include "archive/output_folder.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::archive {

namespace {
bool is_segment(std::string_view name) {
  return name.starts_with("day-") && name.ends_with(".h5") && name.size() >= 11;
}

bool is_archive_file(std::string name) {
  if (name.ends_with(".tmp")) name.resize(name.size() - 4);
  return name == genesis_name || name == manifest_name || name == journal_name ||
         name == lock_name || is_segment(name);
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool holds_archive(const std::vector<std::string>& names) {
  const auto has = [&](const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return has(genesis_name) || has(manifest_name);
}
}  // namespace

void require_output_folder(const std::filesystem::path& folder, bool replace) {
  const auto status = std::filesystem::symlink_status(folder);
  if (!std::filesystem::exists(status)) return;
  std::string quoted = "'";
  quoted.append(folder.string()).append("'");
  if (!std::filesystem::is_directory(folder)) {
    throw InputError(quoted + " exists and is not a folder; choose another output");
  }
  const auto names = names_in(folder);
  if (names.empty() || names == std::vector<std::string>{lock_name}) return;
  if (!holds_archive(names)) {
    throw InputError(quoted +
                     " exists and is not a gridtally archive; it is never replaced, choose "
                     "another output");
  }
  if (!replace) {
    throw InputError(quoted +
                     " holds an archive; give --force to replace it, or choose another "
                     "output");
  }
  for (const auto& name : names) {
    if (is_archive_file(name)) continue;
    throw InputError(quoted + " is not replaced: '" + name + "' in it is no file of an archive");
  }
}

void remove_archive_files(const std::filesystem::path& folder) {
  for (const auto& name : names_in(folder)) {
    if (name != lock_name && name != genesis_name) std::filesystem::remove(folder / name);
  }
  sync_folder(folder);
  std::filesystem::remove(folder / genesis_name);
}

}  // namespace gridtally::archive
