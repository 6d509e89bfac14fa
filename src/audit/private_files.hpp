#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "archive/kept_days.hpp"
#include "archive/private_file.hpp"
#include "audit/finding.hpp"
#include "audit/share.hpp"
#include "ledger/genesis.hpp"

namespace gridtally::audit {

/// The private files that an auditor was given: a folder of them, or one meter's. Inputs stay in
/// memory; of the schedules only some days do, and the files are read anew when these are over.
class PrivateFiles {
 public:
  /// What schedules may take [bytes]; one day is there in any case.
  static constexpr std::size_t usual_room = std::size_t{128} << 20U;

  /// `genesis` must outlive this.
  PrivateFiles(std::filesystem::path folder_or_file, const ledger::Genesis& genesis,
               std::size_t room = usual_room);

  /// Reads those of the part, wholly: what is damaged is found now. Else what is wrong.
  std::optional<Finding> open(const Share& part);

  /// Inputs, without schedules, in meter order.
  [[nodiscard]] const std::vector<archive::PrivateFile>& meters() const { return meters_; }
  /// With a schedule in the file of meters()[i].
  [[nodiscard]] std::uint32_t days(std::size_t i) const { return days_[i]; }

  /// Makes the day's schedules available: reads the files again, schedules only, where those in
  /// memory are over. Else what is wrong.
  std::optional<Finding> go_to(std::uint32_t day);
  /// Of prosumer `row` of meters()[i]; null when the file has no such day. `day`: as gone to.
  [[nodiscard]] const archive::PrivateSchedule* schedule(std::size_t i, std::size_t row,
                                                         std::uint32_t day) const;

 private:
  [[nodiscard]] bool is_one_file() const;
  std::optional<Finding> find(std::vector<std::uint32_t>& given) const;
  [[nodiscard]] archive::PrivateExpectation expectation(std::uint32_t meter) const;
  archive::KeptDays kept(archive::PrivateFolder& folder, std::uint32_t meter) const;
  template <class Read>
  std::optional<Finding> naming(std::uint32_t meter, const Read& read) const;
  void add(archive::KeptDays from, std::uint32_t meter);
  void read_again(archive::KeptDays from, std::size_t i);

  std::filesystem::path place_;  ///< folder or file
  const ledger::Genesis& genesis_;
  std::size_t room_;
  std::uint32_t most_ = 1;  ///< days in memory
  std::vector<archive::PrivateFile> meters_;
  std::vector<std::uint32_t> days_;                           ///< by file
  std::uint32_t first_ = 0;                                   ///< day in memory
  std::vector<std::vector<archive::PrivateDays>> schedules_;  ///< by file and prosumer
};

}  // namespace gridtally::audit
