#include <algorithm>
#include <fstream>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/csv_reader.hpp"
#include "model/folder_files.hpp"

namespace gridtally::model {

namespace {

constexpr std::vector<double> Profile::*members[] = {
    &Profile::renewable, &Profile::inflexible, &Profile::flexible_reference, &Profile::flexible_min,
    &Profile::flexible_max};

/// Which row of which prosumer the current line is; finds the same prosumer as before at once.
class RowFinder {
 public:
  RowFinder(const Community& community, const ProsumerIndex& index)
      : community_(community), settings_(community.settings), index_(index) {}

  /// True when prosumer, day and slot are good; else faults were added. A name that can have no
  /// rows is one fault.
  bool find(CsvReader& csv) {
    const auto name = csv.field(0);
    Place place = csv.place();
    place.prosumer = name;
    if (name != name_ || name_.empty()) {
      const auto found = index_.find(name);
      if (found == index_.end()) {
        refuse(csv, place, "unknown prosumer; give a name that prosumers.csv has");
        return false;
      }
      if (!community_.has_private(found->second)) {
        refuse(csv, place,
               "the home has rows here and no numbers in prosumers.csv; give its numbers there, or "
               "remove its rows");
        return false;
      }
      name_ = found->first;
      prosumer = found->second;
    }
    const auto d = read_count(csv.field(1), "day", 0, settings_.days - 1, place, csv.faults());
    const auto s =
        read_count(csv.field(2), "slot", 0, settings_.slots_per_day - 1, place, csv.faults());
    if (!d || !s) return false;
    day = *d;
    slot = *s;
    return true;
  }

  [[nodiscard]] std::size_t row() const {
    return static_cast<std::size_t>(day) * static_cast<std::size_t>(settings_.slots_per_day) +
           static_cast<std::size_t>(slot);
  }
  [[nodiscard]] Place place(const CsvReader& csv) const {
    return {csv.name(), csv.line(), name_, day, slot};
  }

  std::uint32_t prosumer = 0;
  int day = 0;
  int slot = 0;

 private:
  void refuse(CsvReader& csv, const Place& place, const std::string& why) {
    if (!refused_.emplace(place.prosumer).second) return;
    csv.faults().add(place, why + " (not repeated for the name's further rows)");
  }

  const Community& community_;
  const Settings& settings_;
  const ProsumerIndex& index_;
  std::string_view name_;
  std::set<std::string_view> refused_;
};

void read_row(CsvReader& csv, const Place& place, std::size_t row, Profile& profile) {
  bool complete = true;
  std::size_t index = 3;
  for (const auto member : members) {
    const auto value = csv.number(index++, energy_limits, place);
    if (value) (profile.*member)[row] = *value;
    complete = complete && value;
  }
  const double least = profile.flexible_min[row];
  const double most = profile.flexible_max[row];
  if (complete && least > most) {
    csv.faults().add(place, "flexible bounds are reversed: flexible_min_kwh " +
                                gridtally::to_text(least) + " > flexible_max_kwh " +
                                gridtally::to_text(most) + "; give min <= max");
  }
}

void report_missing(const Community& community, std::size_t u, const RowLines& lines,
                    const Place& place, Faults& faults) {
  if (!community.has_private(u)) return;
  if (std::any_of(lines.begin(), lines.end(), [](std::uint32_t line) { return line != 0; })) {
    report_missing_rows(community.settings, lines, place, faults);
    return;
  }
  faults.add(place,
             "the home has numbers in prosumers.csv and no row here; give one row for each day and "
             "slot, or leave its numbers empty where its private part is not in this folder");
}

}  // namespace

std::vector<RowLines> read_profiles(const std::filesystem::path& path, Community& community,
                                    const ProsumerIndex& index, Faults& faults) {
  const auto& settings = community.settings;
  const auto rows =
      static_cast<std::size_t>(settings.days) * static_cast<std::size_t>(settings.slots_per_day);
  const Profile zeros{std::vector<double>(rows), std::vector<double>(rows),
                      std::vector<double>(rows), std::vector<double>(rows),
                      std::vector<double>(rows)};
  community.profiles.assign(community.size(), {});
  std::vector<RowLines> lines(community.size());
  for (std::size_t u = 0; u < community.size(); ++u) {
    if (!community.has_private(u)) continue;
    community.profiles[u] = zeros;
    lines[u].assign(rows, 0);
  }
  CsvReader csv(path, profiles_header, faults);
  RowFinder at(community, index);
  while (csv.next()) {
    if (!at.find(csv)) continue;
    auto& line = lines[at.prosumer][at.row()];
    if (line != 0) {
      faults.add(at.place(csv), "the row is doubled, first on line " + std::to_string(line) +
                                    "; give one row for each prosumer, day and slot");
      continue;
    }
    line = static_cast<std::uint32_t>(csv.line());
    read_row(csv, at.place(csv), at.row(), community.profiles[at.prosumer]);
  }
  if (csv.usable()) {
    for (std::size_t u = 0; u < lines.size(); ++u) {
      report_missing(community, u, lines[u], {csv.name(), 0, community.prosumers[u].name}, faults);
    }
  }
  return lines;
}

void write_profiles(const std::filesystem::path& path, const Community& community) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << profiles_header << '\n';
  const auto slots = static_cast<std::size_t>(community.settings.slots_per_day);
  for (std::size_t u = 0; u < community.size(); ++u) {
    const auto& profile = community.profiles[u];
    std::string text;
    for (std::size_t row = 0; row < profile.renewable.size(); ++row) {
      text += community.prosumers[u].name + "," + std::to_string(row / slots) + "," +
              std::to_string(row % slots);
      for (const auto member : members) text += "," + gridtally::to_text((profile.*member)[row]);
      text += "\n";
    }
    stream << text;
  }
  stream.close();
  if (!stream) throw IoError("cannot write " + path.string());
}

}  // namespace gridtally::model
