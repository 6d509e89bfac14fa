#pragma once

#include <memory>
#include <vector>

#include "meter/meter_group.hpp"

namespace gridtally::audit {

/// Meters that are replayed on several threads: what one MeterGroup of all of them says, bit for
/// bit, for households know nothing of each other.
class MeterCrew {
 public:
  /// `genesis` must outlive this; `files` in meter order. A thread is worth its start with `least`
  /// households.
  MeterCrew(const ledger::Genesis& genesis, const std::vector<archive::PrivateFile>& files,
            unsigned threads, std::size_t least = 32);

  std::vector<ledger::Transaction> prepare(const ledger::ContractState& state);
  bool observe(const ledger::ContractState& state);
  /// As MeterGroup::take_day, of all prosumers in the order of the files given.
  archive::PrivateDay take_day();

 private:
  std::vector<std::unique_ptr<meter::MeterGroup>> groups_;
};

}  // namespace gridtally::audit
