#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "admm/households.hpp"
#include "archive/private_file.hpp"
#include "ledger/state.hpp"

namespace gridtally::meter {

/// What the solver is given: the run's public terms, and one prosumer's inputs.
admm::PublicTerms public_terms(const ledger::Genesis& genesis);
admm::Household household(const ledger::Genesis& genesis, const archive::PrivateProsumer& from);

/// InputError unless everyone in `files` can live through every day of the run without trade
/// (admm/shortage.hpp).
void check_days_alone(const ledger::Genesis& genesis,
                      const std::vector<archive::PrivateFile>& files, int lanes = 0);

/// The prosumer's private inputs as they are committed to in the genesis (README).
ledger::Bytes encode_inputs(const archive::PrivateProsumer& prosumer);
ledger::Digest input_commitment(const ledger::Digest& salt_key,
                                const archive::PrivateProsumer& prosumer);

/// The private bytes behind a transaction row: the QP iterate or the schedule.
ledger::Bytes encode_point(const qp::Solution& point);

/// The meters that one process hosts (all meters of a rank, or those whose private files an auditor
/// was given): their secrets, and what each says in the next block. A transaction is a function of
/// the genesis, the contract state and the private file alone, so that an auditor gets the same.
/// No communication; not thread-safe.
class MeterGroup {
 public:
  /// `genesis` must outlive this. `files` as at the start of the run: schedules are ignored.
  MeterGroup(const ledger::Genesis& genesis, std::vector<archive::PrivateFile> files,
             int lanes = 0);

  /// Before anything else: the next day begins with these battery levels [kWh], one a prosumer in
  /// order, as the settled days before it have left them.
  void restore(std::vector<double> levels);

  /// One unsigned transaction a meter for the turn after `state`: reads prices and trades (Func C),
  /// solves the primal problems, fills in decisions or acceptances (Func B).
  std::vector<ledger::Transaction> prepare(const ledger::ContractState& state);

  /// Takes note of a committed block. True when it settled the day: its schedules are those of
  /// take_day() and the next day starts from them.
  bool observe(const ledger::ContractState& state);
  /// The schedules of the day that was settled last, one a prosumer in order; once. Earlier days
  /// are not kept: a year of them takes no more memory than a day.
  archive::PrivateDay take_day() { return std::exchange(settled_day_, {}); }

  /// As given, without schedules; they stay as they are.
  [[nodiscard]] const std::vector<archive::PrivateFile>& files() const { return files_; }
  /// Whether the meter of this number is one of them.
  [[nodiscard]] bool hosts(std::uint32_t meter) const {
    return !files_.empty() && files_.front().meter <= meter && meter <= files_.back().meter;
  }
  /// Spent in the prosumers' optimisation problems so far [s].
  [[nodiscard]] double qp_seconds() const { return qp_seconds_; }
  [[nodiscard]] std::uint32_t prosumers() const {
    return static_cast<std::uint32_t>(households_.size());
  }

 private:
  ledger::Decision decide(std::size_t i, const ledger::Digest& salt_key, const ledger::Turn& turn,
                          const market::Iterate& iterate) const;
  ledger::Acceptance accept(std::size_t i, const ledger::Digest& salt_key, const ledger::Turn& turn,
                            const admm::Answer& answer) const;
  [[nodiscard]] archive::PrivateSchedule schedule(std::size_t i) const;

  const ledger::Genesis& genesis_;
  ledger::Digest run_id_;
  std::vector<archive::PrivateFile> files_;
  admm::Households households_;
  std::vector<admm::Answer> answers_;
  archive::PrivateDay settled_day_;
  std::uint32_t day_ = 0;
  double qp_seconds_ = 0.0;
};

}  // namespace gridtally::meter
