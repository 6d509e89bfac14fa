#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace gridtally::model::testing {

/// Two prosumers ("a" with a battery, "b" without), two days of two slots, as file texts that a
/// test may spoil. Written in this order: line 1 is the header, line 2 the first row.
struct SmallFolder {
  std::map<std::string, std::string> files{
      {"community.cfg",
       "slots_per_day = 2\nslot_hours = 12\ndays = 2\npeak_price = 5\np2p_price = 15\n"},
      {"prosumers.csv",
       "prosumer,battery_min_kwh,battery_max_kwh,battery_initial_kwh,charge_max_kwh,"
       "discharge_max_kwh,battery_efficiency,grid_max_kwh,discomfort_weight,wear_cost\n"
       "a,1,5,2,3,3,0.9,10,1,1\n"
       "b,0,0,0,0,0,1,4,1,1\n"},
      {"profiles.csv",
       "prosumer,day,slot,renewable_kwh,inflexible_kwh,flexible_reference_kwh,flexible_min_kwh,"
       "flexible_max_kwh\n"
       "a,0,0,0,1,0.5,0,2\n"
       "a,0,1,2,1,0.5,0,2\n"
       "a,1,0,0,1,0.5,0,2\n"
       "a,1,1,2,1,0.5,0,2\n"
       "b,0,0,0,1,0.5,0,2\n"
       "b,0,1,2,1,0.5,0,2\n"
       "b,1,0,0,1,0.5,0,2\n"
       "b,1,1,2,1,0.5,0,2\n"},
      {"tariff.csv",
       "day,slot,grid_price,reserve_price\n0,0,20,0.5\n0,1,-3,0.5\n1,0,20,0.5\n1,1,50,0.5\n"},
  };

  /// Replaces line `line` (from 1) of `file`; an empty `text` removes the line.
  void replace_line(const std::string& file, std::size_t line, const std::string& text) {
    std::istringstream old(files[file]);
    std::string changed;
    std::size_t number = 0;
    for (std::string row; std::getline(old, row);) {
      if (++number != line) {
        changed += row + "\n";
      } else if (!text.empty()) {
        changed += text + "\n";
      }
    }
    files[file] = changed;
  }

  void write(const std::filesystem::path& folder) const {
    std::filesystem::create_directories(folder);
    for (const auto& [name, text] : files) std::ofstream(folder / name) << text;
  }
};

}  // namespace gridtally::model::testing
