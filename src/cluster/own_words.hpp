#pragma once

#include <optional>

#include "ledger/latest_words.hpp"
#include "meter/meter_group.hpp"

namespace gridtally::cluster {

/// Meters that take up a chain sign over it: what it says in their names must be theirs. A
/// signature a meter and settled day is checked, and one of what follows.
class OwnWords {
 public:
  /// Both must outlive it.
  OwnWords(const ledger::Genesis& genesis, const meter::MeterGroup& meters);

  /// Blocks in height order, each executed. The first fault known by now, if any.
  std::optional<ledger::Fault> note(const ledger::Block& block);
  /// After the last block.
  std::optional<ledger::Fault> check() { return words_.check(genesis_, verifier_); }

 private:
  const ledger::Genesis& genesis_;
  ledger::Verifier verifier_{0};
  ledger::LatestWords words_;
};

}  // namespace gridtally::cluster
