#include "cluster/private_output.hpp"

#include <string>
#include <vector>

#include "archive/private_file.hpp"
#include "base/error.hpp"

namespace gridtally::cluster {

namespace {
std::vector<std::filesystem::path> private_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    const bool own =
        name.starts_with("meter-") && (name.ends_with(".h5") || name.ends_with(".days"));
    if (own || name == archive::merged_file_name) files.push_back(entry.path());
  }
  return files;
}
}  // namespace

void check_private_output(const std::filesystem::path& folder, bool replace) {
  if (!std::filesystem::exists(folder)) return;
  if (!std::filesystem::is_directory(folder)) {
    throw InputError("'" + folder.string() + "' is not a folder: choose another with --private");
  }
  using std::filesystem::perms;
  const auto open = perms::group_all | perms::others_all;
  if ((std::filesystem::status(folder).permissions() & open) != perms::none) {
    throw InputError(
        "'" + folder.string() +
        "' is open to others: private files need a folder of mode 0700 (chmod 700), or "
        "choose another with --private");
  }
  if (!replace && !private_files(folder).empty()) {
    throw InputError("'" + folder.string() +
                     "' holds the private files of another run: choose another folder with "
                     "--private, drop them by --force, or go on with that run by --resume");
  }
}

void prepare_private_output(const std::filesystem::path& folder) {
  archive::make_private_folder(folder);
  for (const auto& file : private_files(folder)) std::filesystem::remove(file);
}

}  // namespace gridtally::cluster
