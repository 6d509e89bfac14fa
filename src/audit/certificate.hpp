#pragma once

#include <optional>
#include <span>
#include <vector>

#include "admm/households.hpp"
#include "archive/private_file.hpp"
#include "audit/finding.hpp"
#include "audit/private_files.hpp"
#include "audit/report.hpp"
#include "ledger/state.hpp"

namespace gridtally::audit {

/// Evaluates each settled day's upper and lower bound again from inputs, schedules and multipliers
/// (model.md 4), without a solver: the terms of the prosumers of the files given. With those of
/// every prosumer of the community, the day's gap follows (certify_days).
class CertificateCheck {
 public:
  /// `genesis` and `files`, checked against its commitments to the inputs, must outlive this.
  CertificateCheck(const ledger::Genesis& genesis, const PrivateFiles& files);

  /// After a block that settled a day, which `files` have gone to; day after day. Of each prosumer:
  /// the schedule opens the chain's commitment, starts where the day before ended, can be carried
  /// out (schedule_checks) and costs, with ==, what the chain says; its multipliers prove, with ==,
  /// the term of the lower bound that the chain says, at the chain's price where it has a partner.
  /// Else what is wrong, and where. Files that end before the day are passed over: whether they
  /// may, PrivateReplay says.
  std::optional<Finding> check_day(const ledger::Block& block, const ledger::ContractState& state);

  /// What was evaluated of the days checked, by day, then by prosumer.
  [[nodiscard]] const std::vector<CertifiedTerm>& terms() const { return terms_of_days_; }

 private:
  /// One prosumer's day: what the chain says of it, and what is kept.
  struct Case {
    const archive::PrivateFile& file;
    const archive::PrivateProsumer& prosumer;
    double level;  ///< of the battery before the day [kWh]
    const admm::Household& household;
    const ledger::Acceptance& said;
  };
  std::optional<Finding> check_prosumer(const ledger::ContractState& state, const Case& given,
                                        const archive::PrivateSchedule& schedule);
  std::optional<Finding> evaluate(std::uint32_t day, const Case& given,
                                  const archive::PrivateSchedule& schedule);

  const ledger::Genesis& genesis_;
  const PrivateFiles& files_;
  admm::PublicTerms terms_;
  std::vector<admm::Household> households_;
  std::vector<double> levels_;  ///< by household, after the last day that was checked [kWh]
  std::uint32_t next_day_ = 0;
  std::vector<CertifiedTerm> terms_of_days_;
};

/// A kept schedule with its multipliers as the solver's type, for qp::cost and qp::dual_bound.
qp::Solution solution_of(const archive::PrivateSchedule& schedule);

}  // namespace gridtally::audit
