#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/sha256.hpp"

namespace gridtally::archive {

/// One line of prosumers.csv (model.md 6). Energies kWh (per slot for powers), money cents.
struct PrivateParameters {
  std::string name;
  double battery_min = 0.0;
  double battery_max = 0.0;
  double battery_initial = 0.0;
  double charge_max = 0.0;
  double discharge_max = 0.0;
  double battery_efficiency = 1.0;
  double grid_max = 0.0;
  double discomfort_weight = 1.0;
  double wear_cost = 1.0;
};

/// One settled day of one prosumer; every vector has T numbers, kWh per slot or as stated.
struct PrivateSchedule {
  std::vector<double> grid;
  std::vector<double> renewable;
  std::vector<double> flexible;
  std::vector<double> charge;
  std::vector<double> discharge;
  std::vector<double> stored;  ///< level at the end of each slot [kWh]
  std::vector<double> reserve;
  std::vector<double> net_trade;
  double cost = 0.0;           ///< [cents]
  double cost_alone = 0.0;     ///< [cents]
  double battery_start = 0.0;  ///< level before the day's first slot [kWh]

  /// Multipliers that prove the prosumer's term of the lower bound (model.md 4) [cents/kWh].
  std::vector<double> premium;        ///< q: the bound is evaluated at π + q
  std::vector<double> battery_price;  ///< μ
  std::vector<double> peak_share;     ///< ζ
  std::vector<double> reserve_share;  ///< ξ
  double flexible_price = 0.0;        ///< ν
  double bound = 0.0;                 ///< what they prove [cents]
  bool operator==(const PrivateSchedule&) const = default;
};

/// The same day of several prosumers, one each in order.
using PrivateDay = std::vector<PrivateSchedule>;
/// Several days of one prosumer, one after the other.
using PrivateDays = std::vector<PrivateSchedule>;

struct PrivateProsumer {
  std::uint32_t prosumer = 0;  ///< index in the community
  PrivateParameters parameters;
  /// profiles.csv, each [days * T], kWh per slot.
  std::vector<double> renewable;
  std::vector<double> inflexible;
  std::vector<double> flexible_reference;
  std::vector<double> flexible_min;
  std::vector<double> flexible_max;
  std::vector<PrivateSchedule> schedules;  ///< one a settled day, from day 0
};

/// What one meter keeps for itself and for an auditor it authorises. All prosumers have the same
/// number of settled days.
struct PrivateFile {
  ledger::Digest run_id{};
  std::uint32_t meter = 0;
  ledger::Digest salt_key{};  ///< secret: with it the commitments on the chain can be checked
  std::uint32_t days = 0;     ///< of the profiles
  std::uint32_t slots = 0;    ///< T
  std::vector<PrivateProsumer> prosumers;
};

/// "meter-00003.h5"
std::string private_file_name(std::uint32_t meter);

/// One file with every meter's data, for who may see all of them (FORMAT.md).
inline constexpr const char* merged_file_name = "all-meters.h5";

/// InputError when sizes in `content` disagree.
void require_sizes(const PrivateFile& content);

/// Makes the folder with mode 0700; InputError when it exists and is open to others.
void make_private_folder(const std::filesystem::path& folder);

/// Writes folder / private_file_name(meter), mode 0600, replacing the former one: after a crash it
/// is either the old or the new file. InputError when sizes in `content` disagree.
void write_private_file(const std::filesystem::path& folder, const PrivateFile& content);
/// As write_private_file for each. All are written before the first is made durable: one pass over
/// the disk for all is much faster than one for each.
void write_private_files(const std::filesystem::path& folder,
                         std::span<const PrivateFile> contents);

/// What an auditor knows beforehand: bounds the sizes that a file may claim.
struct PrivateExpectation {
  ledger::Digest run_id{};
  std::uint32_t meter = 0;
  std::uint32_t first_prosumer = 0;
  std::uint32_t prosumers = 0;  ///< served by the meter
  std::uint32_t max_days = 0;   ///< profiles may cover more days than were run
  std::uint32_t slots = 0;
  std::uint32_t all_prosumers = 0;  ///< of the run, for a merged file
  std::uint32_t all_meters = 0;
};
/// The meter's file, and the days of its file of days that go on from it (private_days.hpp).
/// FormatError naming file, dataset and reason for anything that does not fit. A missing file:
/// IoError.
PrivateFile read_private_file(const std::filesystem::path& folder,
                              const PrivateExpectation& expected);
/// The same of a file of any name, by itself.
PrivateFile read_private_file_at(const std::filesystem::path& path,
                                 const PrivateExpectation& expected);
/// Whose file it says it is; FormatError when it is no private file.
std::uint32_t meter_of_private_file(const std::filesystem::path& path);

class PrivateReader;

/// The private data in a folder: a file a meter, or merged.
class PrivateFolder {
 public:
  explicit PrivateFolder(std::filesystem::path folder);
  PrivateFolder(PrivateFolder&&) noexcept;
  PrivateFolder& operator=(PrivateFolder&&) noexcept;
  ~PrivateFolder();

  /// Where the meter's data would be: its own file, else the merged one; nothing when neither is
  /// there.
  [[nodiscard]] std::optional<std::string> file_of(std::uint32_t meter) const;
  /// As read_private_file, from there.
  PrivateFile read(const PrivateExpectation& expected);
  /// What file_of names, without its file of days (KeptDays has both). The merged file is opened
  /// once, and best read in meter order; of its readers only the last may be used, while this is
  /// there.
  std::unique_ptr<PrivateReader> open(const PrivateExpectation& expected);
  [[nodiscard]] const std::filesystem::path& path() const { return folder_; }

 private:
  class Merged;
  class Part;
  std::filesystem::path folder_;
  std::unique_ptr<Merged> merged_;
};

}  // namespace gridtally::archive
