#include <system_error>

#include "base/text.hpp"
#include "model/folder_files.hpp"

namespace gridtally::model {

namespace {

std::string balance_text(const Prosumer& prosumer) {
  return prosumer.opening_balance ? gridtally::to_text(*prosumer.opening_balance) : "empty";
}

/// What the owner of `home` gives for it, against `listed`, the community folder's line.
void check_against(const Prosumer& home, const Prosumer& listed, const Place& place,
                   Faults& faults) {
  if (home.opening_balance && home.opening_balance != listed.opening_balance) {
    faults.add(place, "opening_balance_cents is " + balance_text(home) +
                          " here and in the community folder " + balance_text(listed) +
                          ", which counts; give the same, or leave it empty");
  }
  if (home.known && listed.known) {
    faults.add(place,
               "the home's private part is here and in the community folder; remove it from one of "
               "them (its numbers in prosumers.csv, its rows in profiles.csv)");
  }
}

void report_unknown(const Community& own, const Community& community, std::string_view file,
                    Faults& faults) {
  const auto index = index_by_name(community.prosumers);
  for (const auto& home : own.prosumers) {
    if (index.contains(home.name)) continue;
    faults.add({file, 0, home.name},
               "unknown prosumer; give a name that the community folder's prosumers.csv has");
  }
}

}  // namespace

ProsumerIndex index_by_name(const std::vector<Prosumer>& prosumers) {
  ProsumerIndex index;
  for (std::uint32_t u = 0; u < prosumers.size(); ++u) index.try_emplace(prosumers[u].name, u);
  return index;
}

void read_homes(const std::filesystem::path& folder, Community& community,
                const ProsumerIndex& index, Faults& faults) {
  const auto profiles = folder / "profiles.csv";
  const auto lines = read_profiles(profiles, community, index, faults);
  check_feasibility(community, profiles.string(), lines, faults);
}

void add_homes(const std::filesystem::path& folder, Community& community, Faults& faults) {
  std::error_code unreadable;
  const auto type = std::filesystem::status(folder, unreadable).type();
  if (type == std::filesystem::file_type::not_found) return;
  if (type != std::filesystem::file_type::directory) {
    return faults.add({folder.string()},
                      "no folder, or one that cannot be searched; homes' private parts are in a "
                      "folder with prosumers.csv and profiles.csv");
  }
  Community own;
  own.settings = community.settings;
  const std::string file = (folder / "prosumers.csv").string();
  read_prosumers(file, own.prosumers, faults);
  const auto own_index = index_by_name(own.prosumers);
  read_homes(folder, own, own_index, faults);
  report_unknown(own, community, file, faults);
  for (std::size_t u = 0; u < community.size(); ++u) {
    auto& listed = community.prosumers[u];
    const auto found = own_index.find(listed.name);
    if (found == own_index.end()) continue;
    const auto& home = own.prosumers[found->second];
    check_against(home, listed, {file, 0, home.name}, faults);
    if (!home.known || listed.known) continue;
    const auto balance = listed.opening_balance;
    listed = home;
    listed.opening_balance = balance;
    community.profiles[u] = own.profiles[found->second];
  }
}

}  // namespace gridtally::model
