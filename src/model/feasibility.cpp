#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "model/folder_files.hpp"

/// Necessary conditions for a day without trade (model.md 1, s = 0), checked with the
/// flexible load at its minimum and the battery as full as it can be. Every day starts from the
/// configured initial level, because the day before may end there.
namespace gridtally::model {

namespace {

constexpr double slack = 1e-9;  // [kWh] room for the rounding of sums

std::string kwh(double value) { return gridtally::to_text(value) + " kWh"; }

/// One prosumer's day as spans of its profile.
struct Day {
  const Prosumer& prosumer;
  const Profile& profile;
  const RowLines& lines;
  std::size_t first;
  std::size_t slots;
  Place place;

  [[nodiscard]] Place at(std::size_t row) const {
    Place there = place;
    there.line = lines[row];
    there.slot = static_cast<int>(row - first);
    return there;
  }
  [[nodiscard]] double deliverable() const {
    const double capacity = prosumer.battery_max - prosumer.battery_min;
    return std::min(prosumer.discharge_max, prosumer.battery_efficiency * capacity);
  }
};

/// E must lie between the sums of its bounds, and fit beside the inflexible load.
void check_flexible_energy(const Day& day, Faults& faults) {
  double energy = 0.0;
  double least = 0.0;
  double most = 0.0;
  double servable = 0.0;
  for (std::size_t row = day.first; row < day.first + day.slots; ++row) {
    const auto& p = day.profile;
    energy += p.flexible_reference[row];
    least += p.flexible_min[row];
    most += p.flexible_max[row];
    const double room =
        p.renewable[row] + day.prosumer.grid_max + day.deliverable() - p.inflexible[row];
    servable += std::clamp(room, 0.0, p.flexible_max[row]);
  }
  Place place = day.at(day.first);
  const std::string start = "the day's flexible energy (sum of flexible_reference_kwh) is ";
  const double tolerance = slack * (1.0 + most);
  if (energy < least - tolerance || energy > most + tolerance) {
    faults.add(place, start + kwh(energy) + "; its bounds can hold " + kwh(least) + " to " +
                          kwh(most) + ": change the reference or the bounds");
  } else if (energy > servable + tolerance) {
    faults.add(place, start + kwh(energy) + "; renewable, grid_max_kwh and battery can serve " +
                          kwh(servable) + " of it beside the inflexible load: raise grid_max_kwh");
  }
}

/// What the battery gives, and the limit that keeps it from more.
std::string battery_text(const Prosumer& prosumer, double level, double given) {
  if (prosumer.battery_max <= prosumer.battery_min) return "no battery";
  const bool held = given >= prosumer.discharge_max;
  return "the battery's " + kwh(given) +
         (held ? " (discharge_max_kwh)"
               : " (its level of " + kwh(level) + " less battery_min_kwh " +
                     kwh(prosumer.battery_min) + ")");
}

/// Highest level the battery can have after each slot; faults where it cannot cover a deficit.
void check_supply(const Day& day, Faults& faults) {
  const auto& p = day.prosumer;
  double level = p.battery_initial;
  for (std::size_t row = day.first; row < day.first + day.slots; ++row) {
    const double load = day.profile.inflexible[row] + day.profile.flexible_min[row];
    const double supply = day.profile.renewable[row] + p.grid_max;
    const double battery =
        std::min(p.discharge_max, p.battery_efficiency * std::max(level - p.battery_min, 0.0));
    if (load > supply + battery + slack) {
      faults.add(day.at(row), "the load (inflexible + flexible_min) is " + kwh(load) +
                                  "; renewable " + kwh(day.profile.renewable[row]) +
                                  ", grid_max_kwh " + kwh(p.grid_max) + " and " +
                                  battery_text(p, level, battery) + " can serve at most " +
                                  kwh(supply + battery) + ": raise grid_max_kwh or lower the load");
      return;
    }
    if (load > supply) {
      level -= (load - supply) / p.battery_efficiency;
    } else {
      const double charge = std::min(p.charge_max, supply - load);
      level = std::min(p.battery_max, level + p.battery_efficiency * charge);
    }
  }
  if (level < p.battery_initial - slack) {
    const auto last = day.first + day.slots - 1;
    faults.add(day.at(last), "the battery ends the day at " + kwh(level) +
                                 " at most; battery_initial_kwh " + kwh(p.battery_initial) +
                                 " is unreachable: raise grid_max_kwh or lower the load");
  }
}

}  // namespace

void check_feasibility(const Community& community, std::string_view profiles_file,
                       const std::vector<RowLines>& lines, Faults& faults) {
  const auto slots = static_cast<std::size_t>(community.settings.slots_per_day);
  for (std::size_t u = 0; u < community.size(); ++u) {
    if (!community.has_private(u)) continue;
    const bool rows_missing = std::find(lines[u].begin(), lines[u].end(), 0U) != lines[u].end();
    if (rows_missing || faults.concerns(community.prosumers[u].name)) continue;
    for (int d = 0; d < community.settings.days; ++d) {
      const auto first = static_cast<std::size_t>(d) * slots;
      const Day day{community.prosumers[u],
                    community.profiles[u],
                    lines[u],
                    first,
                    slots,
                    {profiles_file, 0, community.prosumers[u].name, d}};
      check_flexible_energy(day, faults);
      check_supply(day, faults);
    }
  }
}

}  // namespace gridtally::model
