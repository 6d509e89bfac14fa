#pragma once

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "audit/finding.hpp"
#include "audit/incidents.hpp"
#include "ledger/evidence.hpp"

namespace gridtally::audit {

/// Judges an archive's evidence. A piece that does not show what it says is a false accusation; one
/// that does is an incident of the run.
class EvidenceChecks {
 public:
  EvidenceChecks(const ledger::Genesis& genesis, const ledger::Digest& run_id,
                 std::vector<ledger::Evidence> evidence);

  /// Before each block: accused blocks of its height are executed on this state, and what bears on
  /// votes is kept. Where its iterate is not known nobody can execute them, and that is told.
  void pass(const ledger::Tip& tip, const ledger::ContractState& state, bool knows_iterate = true);
  /// After the last good block: all the rest. `tip` and `state` are those after it.
  void finish(const ledger::Tip& tip, const ledger::ContractState& state);

  [[nodiscard]] std::size_t size() const { return evidence_.size(); }
  /// By height; known after finish().
  [[nodiscard]] const std::vector<Incident>& incidents() const { return incidents_; }
  /// The false accusation of the lowest height.
  [[nodiscard]] const std::optional<Finding>& finding() const { return finding_; }
  /// Heights and validators whose offer good evidence shows.
  [[nodiscard]] const std::set<std::pair<std::uint64_t, std::uint32_t>>& offers() const {
    return offers_;
  }

 private:
  /// What votes of one height are judged by.
  struct Height {
    std::map<std::uint32_t, std::uint32_t> due;  ///< proposer, by round
    std::optional<ledger::Digest> committed;
  };

  void judge_block(const ledger::Evidence& evidence, const ledger::Tip& tip,
                   const ledger::ContractState& state, bool knows_iterate);
  void judge(const ledger::Evidence& evidence, const ledger::Membership& membership);
  void judge_vote(const ledger::Evidence& evidence);
  void accept(const ledger::Evidence& evidence, const std::string& rest = "");
  void refuse(const ledger::Evidence& evidence, std::string expected, std::string found);

  const ledger::Genesis& genesis_;
  const ledger::Digest& run_id_;
  std::vector<ledger::Evidence> evidence_;  ///< by height; two offers before the rest
  std::size_t next_block_ = 0;              ///< in blocks_
  std::vector<std::size_t> blocks_;         ///< entries of evidence_ that accuse a block
  ledger::Verifier verifier_;
  std::set<std::pair<std::uint64_t, std::uint32_t>> offers_;
  std::map<std::uint64_t, Height> heights_;  ///< those of stray votes
  /// Height, round and validator of two offers.
  std::set<std::tuple<std::uint64_t, std::uint32_t, std::uint32_t>> doubled_;
  std::vector<Incident> incidents_;
  std::optional<Finding> finding_;
};

}  // namespace gridtally::audit
