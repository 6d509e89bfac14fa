#include "archive/output_folder.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <optional>

#include "archive/manifest.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace gridtally::archive {

namespace {
/// The day in "day-0003.h5" or "journal-0003", where `name` is what that day's file is called.
std::optional<std::uint32_t> day_in(const std::string& name, std::size_t at,
                                    std::string (*name_of)(std::uint32_t)) {
  const auto end = name.find('.', at);
  if (name.size() <= at) return std::nullopt;
  const auto day = parse_integer(name.substr(at, end == std::string::npos ? end : end - at));
  if (!day || *day < 0 || *day > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  const auto number = static_cast<std::uint32_t>(*day);
  return name_of(number) == name ? std::optional(number) : std::nullopt;
}
std::optional<std::uint32_t> segment_day(const std::string& name) {
  return day_in(name, 4, segment_name);
}
std::optional<std::uint32_t> journal_day(const std::string& name) {
  return day_in(name, 8, journal_name);
}

/// "journal" is what earlier versions wrote.
bool is_archive_file(std::string name) {
  if (name.ends_with(".tmp")) name.resize(name.size() - 4);
  return name == genesis_name || name == manifest_name || name == "journal" || name == lock_name ||
         segment_day(name) || journal_day(name);
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
  return has(genesis_name) || has(begun_name) || has(manifest_name);
}

/// Nothing, or what a crash leaves of the first step of making an archive.
bool is_untouched(const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return name == lock_name || name == begun_name;
  });
}
}  // namespace

std::string journal_name(std::uint32_t day) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "journal-%04u", day);
  return name.data();
}

ArchiveNames archive_names(const std::vector<std::string>& names) {
  ArchiveNames found;
  for (const auto& name : names) {
    found.genesis |= name == genesis_name;
    found.manifest |= name == manifest_name;
    if (const auto day = journal_day(name)) found.journals.push_back(*day);
    if (const auto day = segment_day(name)) found.segments.push_back(*day);
    if (name.ends_with(".tmp") && is_archive_file(name)) found.temporaries.push_back(name);
  }
  std::sort(found.journals.begin(), found.journals.end());
  std::sort(found.segments.begin(), found.segments.end());
  return found;
}

ArchiveNames list_archive(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder) ? archive_names(names_in(folder)) : ArchiveNames{};
}

void require_output_folder(const std::filesystem::path& folder, bool replace) {
  const auto status = std::filesystem::symlink_status(folder);
  if (!std::filesystem::exists(status)) return;
  std::string quoted = "'";
  quoted.append(folder.string()).append("'");
  if (!std::filesystem::is_directory(folder)) {
    throw InputError(quoted + " exists and is not a folder; choose another output");
  }
  const auto names = names_in(folder);
  if (is_untouched(names)) return;
  if (!holds_archive(names)) {
    throw InputError(quoted +
                     " exists and is not a gridtally archive; it is never replaced, choose "
                     "another output");
  }
  if (!replace) {
    throw InputError(quoted +
                     " holds an archive; go on with it by --resume if its run was stopped, drop it "
                     "by --force, or choose another output");
  }
  for (const auto& name : names) {
    if (is_archive_file(name)) continue;
    throw InputError(quoted + " is not replaced: '" + name + "' in it is no file of an archive");
  }
}

void remove_archive_files(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / genesis_name)) {
    rename_file(folder / genesis_name, folder / begun_name);
    sync_folder(folder);
  }
  for (const auto& name : names_in(folder)) {
    if (is_archive_file(name) && name != lock_name && name != begun_name) {
      remove_file(folder / name);
    }
  }
  sync_folder(folder);
}

}  // namespace gridtally::archive
