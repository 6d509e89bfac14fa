#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "model/community.hpp"

namespace gridtally::scenario {

/// Who may trade with whom, where partners are few: homes nearby, or any.
enum class Acquaintance { neighbours, strangers };

struct GenerateOptions {
  int prosumers = 10;
  int days = 7;
  std::uint64_t seed = 1;
  int partners = 0;  ///< of a home, an even number; 0: everyone
  Acquaintance acquaintance = Acquaintance::neighbours;
};

/// A made-up community of homes (README.md describes the model): hourly slots, from Monday
/// 12 September. The same options give the same bits on every platform. InputError when a
/// count is below 1, or the partners are odd or not below the number of homes.
model::Community generate(const GenerateOptions& options);

/// The same in two parts, for programs that share the homes out: what everyone knows (settings,
/// tariff, partners), and homes with the given numbers, appended to a community in that order.
model::Community generate_public(const GenerateOptions& options);
void generate_homes(const GenerateOptions& options, std::span<const std::uint32_t> numbers,
                    model::Community& community);

struct ImportOptions {
  std::filesystem::path folder;  ///< the files of citylearn_challenge_2022_phase_all
  std::vector<int> homes;        ///< Building_N numbers, in the order of the community
  std::chrono::year_month_day start{std::chrono::year{2016}, std::chrono::September,
                                    std::chrono::day{12}};
  int days = 7;
  double flexible_share = 0.2;  ///< of every hour's load; an assumption, the data has no split
  std::optional<std::filesystem::path> wind_file;  ///< capacity factor of each hour of a year
  std::vector<int> wind_homes;                     ///< a subset of homes
  double wind_kw = 3.0;                            ///< installed at each wind home [kW]
  std::optional<std::filesystem::path> reserve_prices_file;  ///< absent: reserve is worth nothing
  bool allow_doubtful_homes = false;  ///< accept homes whose load or PV column is known to be wrong
};

/// A community from the published CityLearn Challenge 2022 files. InputError with every fault:
/// files, homes, dates outside the data, values.
model::Community import_citylearn(const ImportOptions& options);

}  // namespace gridtally::scenario
