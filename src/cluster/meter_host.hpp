#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "cluster/alarms.hpp"
#include "cluster/fault_plan.hpp"
#include "ledger/keys.hpp"
#include "meter/meter_group.hpp"
#include "meter/retrace.hpp"

namespace gridtally::cluster {

/// The meters of one rank: what they say in the next block, signed, and when it leaves. They solve
/// every iteration that they are shown, also those for which they are late, so that an auditor who
/// solves them all gets the same bits.
class MeterHost {
 public:
  /// References must outlive it. `keys` one a meter of `files`, in order.
  MeterHost(const ledger::Genesis& genesis, const std::vector<ledger::SecretKey>& keys,
            std::vector<archive::PrivateFile> files, int lanes, const FaultPlan& faults);

  /// Before anything else, for a run that goes on (MeterGroup::restore).
  void restore(std::vector<double> levels) { meters_.restore(std::move(levels)); }
  /// Goes once more through a block that was made in the state `before`: solves, and compares.
  /// Error where a meter says something else than it did.
  void retrace(const ledger::ContractState& before, const ledger::Block& block);

  /// The blocks go on from `state`: solves and signs for its next turn.
  void begin(const ledger::ContractState& state);
  /// A meter of this rank in whose name the block holds something else than it signed: nothing may
  /// be signed that follows it. Of blocks after the last begin().
  [[nodiscard]] std::optional<std::uint32_t> disowns(const ledger::Block& block) const;
  /// Takes note of a committed block. True when it settled a day (MeterGroup::observe).
  bool observe(const ledger::ContractState& state) { return meters_.observe(state); }
  archive::PrivateDay take_day() { return meters_.take_day(); }

  /// Encoded transactions that may leave by now.
  std::vector<ledger::Bytes> take_ready(Clock::time_point now);
  [[nodiscard]] Clock::time_point next_alarm() const;

  [[nodiscard]] bool empty() const { return keys_.empty(); }
  [[nodiscard]] const meter::MeterGroup& meters() const { return meters_; }

 private:
  [[nodiscard]] ledger::SignedTransaction sign(ledger::Transaction transaction,
                                               std::size_t i) const;
  ledger::Bytes sign_and_note(ledger::Transaction transaction, std::size_t i);
  void speak_in_its_name(ledger::Transaction transaction, std::size_t i, Clock::time_point now);
  void post_late(const ledger::Turn& due);
  void forget_words(const ledger::Turn& due);
  [[nodiscard]] std::uint32_t lag_of(const ledger::Transaction& transaction) const;

  const ledger::Genesis& genesis_;
  const std::vector<ledger::SecretKey>& keys_;
  const FaultPlan& faults_;
  ledger::SecretKey foreign_key_ = ledger::SecretKey::generate();
  meter::MeterGroup meters_;
  meter::Retrace retrace_;
  std::multimap<Clock::time_point, ledger::Bytes> ready_;
  struct Held {
    ledger::Turn turn;
    std::uint32_t lag = 0;  ///< iterations
    ledger::Bytes transaction;
  };
  std::vector<Held> held_;
  struct Word {
    ledger::Turn turn;
    ledger::Digest id{};
  };
  std::vector<std::vector<Word>>
      words_;  ///< of each meter: signed, and a block may still hold them
};

}  // namespace gridtally::cluster
