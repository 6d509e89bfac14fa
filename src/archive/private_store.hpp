#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "archive/private_file.hpp"
#include "ledger/genesis.hpp"

namespace gridtally::archive {

/// The private files of one process's meters while a run settles one day after another. Memory
/// holds none of the days: the first goes into the meter's own file, later ones to its file of
/// days, and once these are more than in its own, that is written anew with them: on the whole each
/// day three times, however many there are. A crash leaves whole files only. Not thread-safe.
class PrivateStore {
 public:
  /// `meters`, which must outlive this and stay as they are: inputs; schedules are ignored.
  PrivateStore(std::filesystem::path folder, const ledger::Genesis& genesis,
               const std::vector<PrivateFile>& meters);

  /// A new run: files without a day.
  void begin();

  struct Standing {
    std::uint32_t days = 0;      ///< that every meter has, at most those sealed
    std::vector<double> levels;  ///< of the prosumers' batteries after them; empty without a day
  };
  /// A run that goes on with `sealed` days sealed: later ones, which may not become part of it, are
  /// dropped, and what is left is durable. InputError naming each file that is not of this run;
  /// then nothing has changed.
  Standing go_on(std::uint32_t sealed);

  /// The next day, of all prosumers in order; durable when it returns. Meters that have it already
  /// (go_on: sealed) keep what they have.
  void add(std::uint32_t day, const PrivateDay& schedules);
  /// Every day is in the meters' own files, and there is no other.
  void finish();

  /// Settled days of the first meter; every meter has as many once a block has been added up.
  [[nodiscard]] std::uint32_t days() const { return held_.empty() ? 0 : held_.front().days; }
  /// The schedules of one prosumer after another, as finish would leave them. Not after the store.
  [[nodiscard]] std::function<std::vector<PrivateSchedule>()> reading() const;
  /// Removes the meters' own files: the merged one stands.
  void remove();

 private:
  struct Held {
    std::uint32_t filed = 0;  ///< days in the meter's own file
    std::uint32_t days = 0;   ///< with those of its file of days
  };
  class Reading;
  [[nodiscard]] PrivateExpectation expectation(std::size_t m) const;
  [[nodiscard]] std::filesystem::path days_path(std::size_t m) const;
  std::vector<std::vector<double>> check(PrivateFolder& merged, std::size_t m, std::uint32_t sealed,
                                         std::vector<std::size_t>& repair);
  void append(std::size_t m, std::uint32_t day, std::span<const PrivateSchedule> schedules);
  struct FirstDay {
    std::size_t meter;
    std::span<const PrivateSchedule> schedules;
  };
  /// Writes their files anew with their first day, which no other file holds.
  void file_first_day(const std::vector<FirstDay>& meters);
  /// Writes their files anew with all days that they hold.
  void file_days(const std::vector<std::size_t>& meters);

  std::filesystem::path folder_;
  const ledger::Genesis& genesis_;
  const std::vector<PrivateFile>& meters_;
  std::vector<Held> held_;  ///< one a meter
};

}  // namespace gridtally::archive
