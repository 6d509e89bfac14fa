#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "archive/private_file.hpp"
#include "audit/audit.hpp"
#include "meter/meter_group.hpp"

namespace gridtally::audit {

/// Does again what the meters did whose private files are in a folder, and holds it against the
/// chain with ==: input commitments, every primal solve, every answer, every schedule. Meters
/// without a file there are left out.
class PrivateReplay {
 public:
  explicit PrivateReplay(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// For Options::companion; must not outlive this.
  Companion companion();

  [[nodiscard]] std::uint32_t meters_replayed() const {
    return static_cast<std::uint32_t>(files_.size());
  }

 private:
  std::optional<Finding> open(const ledger::Genesis& genesis);
  std::optional<Finding> read_files();
  std::optional<Finding> check_inputs(const archive::PrivateFile& file) const;
  std::optional<Finding> check(const ledger::ContractState& before, const ledger::Block& block,
                               const ledger::ContractState& after);
  [[nodiscard]] std::optional<Finding> check_day(const ledger::ContractState& state) const;
  [[nodiscard]] std::optional<Finding> check_day(const ledger::ContractState& state,
                                                 std::size_t file, std::size_t row) const;
  [[nodiscard]] std::optional<Finding> close(const ledger::ContractState& state) const;

  std::filesystem::path folder_;
  std::unique_ptr<const ledger::Genesis> genesis_;
  std::vector<archive::PrivateFile> files_;
  std::unique_ptr<meter::MeterGroup> meters_;
};

}  // namespace gridtally::audit
