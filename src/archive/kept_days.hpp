#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "archive/private_days.hpp"
#include "archive/private_reader.hpp"

namespace gridtally::archive {

/// A meter's settled days on the disk, prosumer by prosumer: those of its file, else of the merged
/// one, then those of the file of days that goes on from there.
class KeptDays {
 public:
  /// `merged`: of the same folder. Errors as of PrivateFolder::read; that no file is there is none.
  KeptDays(const std::filesystem::path& folder, PrivateFolder& merged,
           const PrivateExpectation& expected);

  [[nodiscard]] std::uint32_t days() const;
  /// The meter's own file holds them all.
  [[nodiscard]] bool in_own_file() const { return own_.has_value() && !later_.has_value(); }
  /// The next prosumer's, the first `days` of them.
  std::vector<PrivateSchedule> next(std::uint32_t days);

 private:
  std::vector<PrivateSchedule> next_filed();

  std::optional<PrivateFileReader> own_;
  std::optional<PrivateFile> from_merged_;
  std::optional<PrivateDaysReader> later_;
  std::uint32_t filed_ = 0;  ///< days in the file
  std::uint32_t next_ = 0;   ///< prosumer
};

}  // namespace gridtally::archive
