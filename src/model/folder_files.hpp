#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/community.hpp"
#include "model/faults.hpp"

/// The files of a community folder, one reader and one writer each. Readers add every fault to
/// `faults` and go on with what is usable; writers throw IoError.
namespace gridtally::model {

constexpr std::string_view prosumers_header =
    "prosumer,battery_min_kwh,battery_max_kwh,battery_initial_kwh,charge_max_kwh,"
    "discharge_max_kwh,battery_efficiency,grid_max_kwh,discomfort_weight,wear_cost";
/// Last column of prosumers.csv, which need not be there.
constexpr std::string_view balance_column = "opening_balance_cents";
constexpr std::string_view profiles_header =
    "prosumer,day,slot,renewable_kwh,inflexible_kwh,flexible_reference_kwh,flexible_min_kwh,"
    "flexible_max_kwh";
constexpr std::string_view tariff_header = "day,slot,grid_price,reserve_price";
constexpr std::string_view partners_header = "prosumer,partner,limit_kwh";

/// Index of each prosumer by name. The names live in Community::prosumers.
using ProsumerIndex = std::unordered_map<std::string_view, std::uint32_t>;

/// Input lines of the rows of one prosumer: [day * slots_per_day + slot]; 0: row missing.
using RowLines = std::vector<std::uint32_t>;

/// True when slots_per_day and days are valid, without which no other file can be checked.
bool read_settings(const std::filesystem::path& path, Settings& settings, Faults& faults);
void write_settings(const std::filesystem::path& path, const Settings& settings);

void read_prosumers(const std::filesystem::path& path, std::vector<Prosumer>& prosumers,
                    Faults& faults);
void write_prosumers(const std::filesystem::path& path, const std::vector<Prosumer>& prosumers);

/// Fills community.profiles; returns the input line of each row, for later messages: none for homes
/// that are not known, which must have no rows.
std::vector<RowLines> read_profiles(const std::filesystem::path& path, Community& community,
                                    const ProsumerIndex& index, Faults& faults);
void write_profiles(const std::filesystem::path& path, const Community& community);

void read_tariff(const std::filesystem::path& path, Community& community, Faults& faults);
void write_tariff(const std::filesystem::path& path, const Community& community);

/// An absent file means the complete graph.
void read_partners(const std::filesystem::path& path, Community& community,
                   const ProsumerIndex& index, Faults& faults);
/// Removes the file instead when everyone may trade with everyone without limit.
void write_partners(const std::filesystem::path& path, const Community& community);

/// Faults for days that no schedule can satisfy without trade; `lines` as from read_profiles.
/// Prosumers that other faults concern already are passed over, and homes that are not known.
void check_feasibility(const Community& community, std::string_view profiles_file,
                       const std::vector<RowLines>& lines, Faults& faults);

/// Homes of `community` that are not known are taken from `folder`'s prosumers.csv and
/// profiles.csv, which may have any of the homes; without such a folder none are.
void add_homes(const std::filesystem::path& folder, Community& community, Faults& faults);

/// Reads profiles.csv of `folder` for prosumers that are read, and checks their days.
void read_homes(const std::filesystem::path& folder, Community& community,
                const ProsumerIndex& index, Faults& faults);

ProsumerIndex index_by_name(const std::vector<Prosumer>& prosumers);

/// Adds a fault per missing row, or one per wholly missing day. `place` gives file and prosumer.
void report_missing_rows(const Settings& settings, const RowLines& lines, Place place,
                         Faults& faults);

/// Replaces `path` by `text`.
void write_text(const std::filesystem::path& path, const std::string& text);

}  // namespace gridtally::model
