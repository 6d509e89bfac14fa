#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "archive/iterates.hpp"
#include "base/error.hpp"
#include "cluster/governance_file.hpp"
#include "cluster/trading_run.hpp"
#include "model/community.hpp"

namespace gridtally::solve {

/// The options of gridtally-solve.
struct Settings {
  std::filesystem::path community;
  std::filesystem::path homes;  ///< the private part of homes that `community` lacks; empty: none
  std::filesystem::path archive = "archive";
  std::string private_files;  ///< folder, "merged" or "merged:FOLDER"; empty: "<archive>.private"
  std::filesystem::path resume;    ///< archive to go on with; empty: none
  std::filesystem::path keys;      ///< empty: throw-away keys
  std::filesystem::path registry;  ///< of public keys; empty: none
  std::uint32_t validators = 4;
  std::uint32_t candidates = 0;
  std::uint32_t meters = 0;  ///< 0: one a prosumer
  int validator_ranks = 0;   ///< the first ranks; 0: the validators' share of all roles
  std::optional<double> rho;
  std::optional<double> epsilon;
  std::optional<double> gap;
  std::optional<int> max_iterations;
  std::optional<int> days;
  std::string form = "auto";
  std::optional<std::uint32_t> deadline;   ///< [ms]
  std::optional<std::uint32_t> staleness;  ///< [iterations]
  std::uint32_t round_timeout = 10000;     ///< [ms]
  std::uint32_t give_up = 60;              ///< [s]
  std::filesystem::path fault_file;
  std::filesystem::path governance_file;
  std::optional<std::chrono::seconds> wall_time;
  int lanes = 0;
  std::string iterates = "all";
  bool force = false;
  bool quiet = false;
  bool verbose = false;
  bool timings = false;
  std::filesystem::path traffic;  ///< CSV file; empty: none

  bool goes_on = false;  ///< set where --resume found something to go on with
  std::string kept;      ///< set by read_settings(): what a run that is resumed must find again
  market::Form chosen_form = market::Form::collapsed;  ///< set by apply()
  archive::Iterates chosen_iterates;                   ///< set by check()
  cluster::FaultPlan faults;                           ///< set by check()
  std::vector<cluster::GovernanceVote> votes;          ///< set by check()

  [[nodiscard]] cluster::Talk talk() const;
  [[nodiscard]] cluster::RunOutput output() const;
  [[nodiscard]] cluster::Rules rules() const;
  /// Without ballots.
  [[nodiscard]] cluster::Conduct conduct() const;
};

/// False after --help or --version. `kept`: the text that an earlier life of the run left, for what
/// is not given now.
bool read_settings(int argc, char** argv, Settings& settings, std::ostream& out,
                   const std::string& kept = "");

/// Puts the options over the community's own settings; InputError for what does not fit it.
void apply(Settings& settings, model::Community& community);

/// Which rank hosts what, for so many ranks; InputError where --validator-ranks does not fit.
cluster::Layout make_layout(const Settings& settings, int ranks);

/// InputError with every fault of the options by themselves and, where this rank `writes_archive`,
/// of outputs that exist and may not be replaced. Reads the files of faults and votes; writes
/// nothing.
void check(Settings& settings, bool writes_archive);

}  // namespace gridtally::solve
