#include "cluster/meter_host.hpp"

#include <algorithm>
#include <utility>

namespace gridtally::cluster {

namespace {

std::vector<archive::PrivateFile> with_run_id(const ledger::Genesis& genesis,
                                              std::vector<archive::PrivateFile> files) {
  for (auto& file : files) file.run_id = ledger::run_id(genesis);
  return files;
}

}  // namespace

MeterHost::MeterHost(const ledger::Genesis& genesis, const std::vector<ledger::SecretKey>& keys,
                     std::vector<archive::PrivateFile> files, int lanes, const FaultPlan& faults)
    : genesis_(genesis),
      keys_(keys),
      faults_(faults),
      meters_(genesis, with_run_id(genesis, std::move(files)), lanes),
      retrace_(genesis, meters_) {}

// What lagged then lags still.
void MeterHost::retrace(const ledger::ContractState& before, const ledger::Block& block) {
  const auto due = ledger::next_turn(genesis_, before);
  post_late(due);
  const auto& transactions = retrace_.prepare(before);
  retrace_.compare(block);
  ready_.clear();
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    const std::uint32_t lag = lag_of(transactions[i]);
    if (lag > 0) held_.push_back({due, lag, encode(sign(transactions[i], i))});
  }
}

std::uint32_t MeterHost::lag_of(const ledger::Transaction& transaction) const {
  const auto& turn = transaction.turn;
  const bool lags = turn.phase == ledger::Phase::trading && turn.iteration > 1;
  return lags ? faults_.lag(transaction.meter) : 0;
}

// Func C, the primal problems, Func B.
void MeterHost::begin(const ledger::ContractState& state) {
  const auto now = Clock::now();
  const auto due = ledger::next_turn(genesis_, state);
  post_late(due);
  auto transactions = meters_.prepare(state);
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    const auto meter = transactions[i].meter;
    const std::uint32_t lag = lag_of(transactions[i]);
    auto bytes = encode(sign(std::move(transactions[i]), i));
    const bool trading = due.phase == ledger::Phase::trading;
    if (lag > 0) {
      held_.push_back({due, lag, std::move(bytes)});
      continue;
    }
    const auto stall =
        trading ? faults_.stall(meter, due.day, due.iteration) : std::chrono::milliseconds(0);
    ready_.emplace(now + stall, std::move(bytes));
  }
}

ledger::SignedTransaction MeterHost::sign(ledger::Transaction transaction, std::size_t i) const {
  const auto& turn = transaction.turn;
  const bool foreign = turn.phase == ledger::Phase::trading &&
                       faults_.foreign_key(transaction.meter, turn.day, turn.iteration);
  return ledger::sign_transaction(std::move(transaction), foreign ? foreign_key_ : keys_[i]);
}

// What lags leaves when the market is that many iterations further; what a settlement has overtaken
// is of no use any more.
void MeterHost::post_late(const ledger::Turn& due) {
  std::erase_if(held_, [&](Held& held) {
    if (due.phase != ledger::Phase::trading || held.turn.day != due.day) return true;
    if (held.turn.iteration + held.lag > due.iteration) return false;
    ready_.emplace(Clock::now(), std::move(held.transaction));
    return true;
  });
}

std::vector<ledger::Bytes> MeterHost::take_ready(Clock::time_point now) {
  std::vector<ledger::Bytes> out;
  while (!ready_.empty() && ready_.begin()->first <= now) {
    out.push_back(std::move(ready_.begin()->second));
    ready_.erase(ready_.begin());
  }
  return out;
}

Clock::time_point MeterHost::next_alarm() const {
  return ready_.empty() ? Clock::time_point::max() : ready_.begin()->first;
}

}  // namespace gridtally::cluster
