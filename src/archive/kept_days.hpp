#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "archive/private_days.hpp"
#include "archive/private_reader.hpp"

namespace gridtally::archive {

/// A meter's private data on the disk, prosumer by prosumer; of its settled days those of its file,
/// else of the merged one, then those of the file of days that goes on from there. Errors as of
/// read_private_file.
class KeptDays {
 public:
  /// That no file is there is none, for all but `about`. Of several of one folder with a merged
  /// file only the last may be used.
  KeptDays(PrivateFolder& folder, const PrivateExpectation& expected);
  /// A meter's file of any name; a file of days belongs to one whose name is its meter's.
  KeptDays(const std::filesystem::path& path, const PrivateExpectation& expected);

  /// What is not one prosumer's.
  [[nodiscard]] PrivateFile about() const;
  [[nodiscard]] std::uint32_t days() const;
  /// The meter's own file holds them all.
  [[nodiscard]] bool in_own_file() const { return own_ && !later_; }
  /// The next prosumer, with the schedules of the days [first, end) that there are; without inputs
  /// when no file is there.
  PrivateProsumer next(std::uint32_t first, std::uint32_t end);
  /// The same, schedules only: takes less time. Of one KeptDays one or the other.
  PrivateDays next_schedules(std::uint32_t first, std::uint32_t end);

 private:
  void add_later(std::uint32_t first, std::uint32_t end, PrivateDays& schedules);

  std::unique_ptr<PrivateReader> file_;
  std::optional<PrivateDaysReader> later_;
  std::uint32_t filed_ = 0;  ///< days in the file
  std::uint32_t next_ = 0;   ///< prosumer
  bool own_ = false;         ///< not the merged one
};

}  // namespace gridtally::archive
