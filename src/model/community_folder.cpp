#include "model/community_folder.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>

#include "base/error.hpp"
#include "model/folder_files.hpp"

namespace gridtally::model {

namespace {

/// The files whose rows name prosumers.
void read_prosumer_files(const std::filesystem::path& folder, Community& community,
                         Faults& faults) {
  const auto index = index_by_name(community.prosumers);
  read_homes(folder, community, index, faults);
  read_partners(folder / "partners.csv", community, index, faults);
}

// A file whose rows cannot be checked while the community's sizes or names are unknown: it must be
// there all the same.
void require_file(const std::filesystem::path& file, Faults& faults) {
  std::error_code unreadable;
  if (std::filesystem::exists(file, unreadable)) return;
  const std::string name = file.string();
  faults.add({name}, "no such file; a community needs it");
}

Community read_known(const std::filesystem::path& folder, const std::filesystem::path& homes,
                     Faults& faults) {
  std::error_code unreadable;
  if (!std::filesystem::is_directory(folder, unreadable)) {
    throw InputError(folder.string() +
                     ": no such folder; give a community folder (community.cfg, prosumers.csv, "
                     "profiles.csv, tariff.csv)");
  }
  Community community;
  const bool sizes_known = read_settings(folder / "community.cfg", community.settings, faults);
  read_prosumers(folder / "prosumers.csv", community.prosumers, faults);
  if (sizes_known) {
    read_tariff(folder / "tariff.csv", community, faults);
  } else {
    require_file(folder / "tariff.csv", faults);
  }
  if (sizes_known && community.size() > 0) {
    read_prosumer_files(folder, community, faults);
    if (!homes.empty()) add_homes(homes, community, faults);
  } else {
    require_file(folder / "profiles.csv", faults);
  }
  return community;
}

/// One fault for all homes that are not known; the first are named.
void require_all(const Community& community, const std::filesystem::path& folder, Faults& faults) {
  constexpr std::size_t named = 3;
  std::size_t absent = 0;
  std::string names;
  for (std::size_t u = 0; u < community.size(); ++u) {
    if (community.has_private(u) || ++absent > named) continue;
    names += (absent > 1 ? ", " : "") + community.prosumers[u].name;
  }
  if (absent == 0) return;
  if (absent > named) names += " and " + std::to_string(absent - named) + " more";
  const std::string file = (folder / "prosumers.csv").string();
  faults.add(
      {file},
      "no numbers of " + names +
          ": their private part is not in this folder, and all homes are needed; give one "
          "that has it (of gridtally-solve alone each rank needs no more than its own homes)");
}

}  // namespace

Community read_community(const std::filesystem::path& folder) {
  Faults faults;
  auto community = read_known(folder, {}, faults);
  require_all(community, folder, faults);
  faults.raise_if_any();
  return community;
}

Community read_partial_community(const std::filesystem::path& folder,
                                 const std::filesystem::path& homes) {
  Faults faults;
  auto community = read_known(folder, homes, faults);
  faults.raise_if_any();
  return community;
}

void refuse_existing(const std::filesystem::path& folder, bool force) {
  if (force || !std::filesystem::exists(folder)) return;
  throw InputError(folder.string() +
                   " exists already; name another --output, or give --force to replace its files");
}

void write_community(const Community& community, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  write_settings(folder / "community.cfg", community.settings);
  write_prosumers(folder / "prosumers.csv", community.prosumers);
  write_profiles(folder / "profiles.csv", community);
  write_tariff(folder / "tariff.csv", community);
  write_partners(folder / "partners.csv", community);
}

void report_missing_rows(const Settings& settings, const RowLines& lines, Place place,
                         Faults& faults) {
  const auto slots = static_cast<std::size_t>(settings.slots_per_day);
  const std::string wanted = "; give one row for each of the slots 0 to " +
                             std::to_string(slots - 1) + " of each of the days 0 to " +
                             std::to_string(settings.days - 1) + " (it belongs after this line)";
  for (std::size_t row = 0; row < lines.size(); ++row) {
    place.line = std::max<std::size_t>(place.line, 1);
    if (lines[row] != 0) {
      place.line = lines[row];
      continue;
    }
    place.day = static_cast<int>(row / slots);
    place.slot = static_cast<int>(row % slots);
    const auto day_end = row - row % slots + slots;
    const bool whole_day =
        row % slots == 0 && std::all_of(lines.begin() + static_cast<std::ptrdiff_t>(row),
                                        lines.begin() + static_cast<std::ptrdiff_t>(day_end),
                                        [](std::uint32_t line) { return line == 0; });
    if (whole_day) {
      faults.add(place, "this row and all others of the day are missing" + wanted);
      row = day_end - 1;
    } else {
      faults.add(place, "this row is missing" + wanted);
    }
  }
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream) throw IoError("cannot write " + path.string());
}

}  // namespace gridtally::model
