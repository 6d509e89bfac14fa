#pragma once

#include <deque>
#include <vector>

#include "ledger/block.hpp"
#include "meter/meter_group.hpp"

namespace gridtally::meter {

/// Meters that go once more through blocks that their own transactions led to: what each says now
/// must be what it said then.
class Retrace {
 public:
  /// Both must outlive it.
  Retrace(const ledger::Genesis& genesis, MeterGroup& meters);

  /// The transactions for the turn after `before` (MeterGroup::prepare).
  const std::vector<ledger::Transaction>& prepare(const ledger::ContractState& before);
  /// Compares those with what the block of that turn holds of these meters; a late decision with
  /// what was prepared in its own turn. Error naming meter, height and what differs.
  void compare(const ledger::Block& block) const;

 private:
  [[nodiscard]] const ledger::Transaction* prepared(const ledger::Transaction& found) const;

  const ledger::Genesis& genesis_;
  MeterGroup& meters_;
  std::deque<std::vector<ledger::Transaction>> said_;  ///< of turns that a block may still hold
};

}  // namespace gridtally::meter
