#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/state.hpp"

namespace gridtally::audit {

/// Something that went wrong in a run, or changed it, and that its chain or its evidence shows. No
/// fault of the archive.
struct Incident {
  std::uint64_t height = 0;  ///< where it began
  std::string text;
  bool operator==(const Incident&) const = default;
};

/// What sound blocks tell of validators that were passed over, meters that were late, votes that
/// changed the membership and accounts that could not pay. Blocks come in height order.
class ChainIncidents {
 public:
  explicit ChainIncidents(const ledger::Genesis& genesis) : genesis_(genesis) {}

  /// The states before and after a good block; of the one before, its membership.
  void note(const ledger::Membership& before, const ledger::CommittedBlock& committed,
            const ledger::ContractState& after);

  /// All, unsorted. A validator is not blamed for a turn at which evidence shows what it did:
  /// `explained` holds such heights and validators.
  [[nodiscard]] std::vector<Incident> all(
      const std::set<std::pair<std::uint64_t, std::uint32_t>>& explained) const;

 private:
  /// One meter's late iterations of one day.
  struct Late {
    std::uint64_t height = 0;                                     ///< of the first
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;  ///< of iterations, inclusive
    std::uint32_t most = 0;                                       ///< iterations behind
  };

  void note_turns(const ledger::Membership& before, const ledger::CommittedBlock& committed);
  void note_late(const ledger::ContractState& after);
  void note_votes(const ledger::Membership& before, const ledger::Block& block,
                  const ledger::Membership& after);
  void note_accounts(const ledger::ContractState& after);

  const ledger::Genesis& genesis_;
  std::vector<Incident> incidents_;
  std::map<std::uint32_t, std::vector<std::uint64_t>> missed_;    ///< heights, by validator
  std::map<std::pair<std::uint32_t, std::uint32_t>, Late> late_;  ///< by day and meter
};

}  // namespace gridtally::audit
