#include "cluster/meter_host.hpp"

#include <algorithm>
#include <utility>

namespace gridtally::cluster {

namespace {

std::vector<archive::PrivateFile> with_run_id(const ledger::Genesis& genesis,
                                              std::vector<archive::PrivateFile> files) {
  const auto run_id = ledger::run_id(genesis);  // a hash of all of it
  for (auto& file : files) file.run_id = run_id;
  return files;
}

}  // namespace

MeterHost::MeterHost(const ledger::Genesis& genesis, const std::vector<ledger::SecretKey>& keys,
                     std::vector<archive::PrivateFile> files, int lanes, const FaultPlan& faults)
    : genesis_(genesis),
      keys_(keys),
      faults_(faults),
      meters_(genesis, with_run_id(genesis, std::move(files)), lanes),
      retrace_(genesis, meters_),
      words_(keys.size()) {}

// What lagged then lags still.
void MeterHost::retrace(const ledger::ContractState& before, const ledger::Block& block) {
  const auto due = ledger::next_turn(genesis_, before);
  post_late(due);
  forget_words(due);
  const auto& transactions = retrace_.prepare(before);
  retrace_.compare(block);
  ready_.clear();
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    const std::uint32_t lag = lag_of(transactions[i]);
    auto bytes = sign_and_note(transactions[i], i);  // one that was late may stand in a block yet
    if (lag > 0) held_.push_back({due, lag, std::move(bytes)});
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
  forget_words(due);
  auto transactions = meters_.prepare(state);
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    const auto meter = transactions[i].meter;
    const std::uint32_t lag = lag_of(transactions[i]);
    if (due.phase == ledger::Phase::trading &&
        faults_.impersonated(meter, due.day, due.iteration)) {
      speak_in_its_name(transactions[i], i, now);
    }
    auto bytes = sign_and_note(std::move(transactions[i]), i);
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

ledger::Bytes MeterHost::sign_and_note(ledger::Transaction transaction, std::size_t i) {
  const auto word = sign(std::move(transaction), i);
  words_[i].push_back({word.content().turn, word.id()});
  return encode(word);
}

// What another does who has its key, just before it.
void MeterHost::speak_in_its_name(ledger::Transaction transaction, std::size_t i,
                                  Clock::time_point now) {
  for (auto& number : transaction.decisions.front().numbers) number = 0.0;
  ready_.emplace(now, encode(ledger::sign_transaction(std::move(transaction), keys_[i])));
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

// What no block from this turn on can hold any more. A trial of the gap may stand between a
// decision and the block that holds it.
void MeterHost::forget_words(const ledger::Turn& due) {
  const bool trading = due.phase == ledger::Phase::trading;
  const auto is_over = [&](const Word& word) {
    const auto& own = word.turn;
    return own.day != due.day || own.phase != ledger::Phase::trading ||
           (trading && own.iteration + genesis_.staleness < due.iteration);
  };
  for (auto& words : words_) std::erase_if(words, is_over);
}

std::optional<std::uint32_t> MeterHost::disowns(const ledger::Block& block) const {
  for (const auto& transaction : block.transactions) {
    const auto& content = transaction.content();
    if (!meters_.hosts(content.meter)) continue;
    const auto& words = words_[content.meter - meters_.files().front().meter];
    const bool own = std::any_of(words.begin(), words.end(),
                                 [&](const Word& word) { return word.id == transaction.id(); });
    if (!own) return content.meter;
  }
  return std::nullopt;
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
