#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "consensus/validator.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::consensus {

/// Validators in one process, joined by queues in which nothing is lost. Alarms never go off by
/// themselves. Validator v's address is v.
class Council {
 public:
  /// Validators `present`, of those of `market`, are started.
  Council(const ledger::TinyMarket& market, const std::vector<std::uint32_t>& present);
  explicit Council(const ledger::TinyMarket& market);

  Validator& operator[](std::uint32_t v) { return *validators_.at(v); }
  /// Calls ready, lets the due proposer offer what the meters send and delivers everything.
  void run_height();
  /// Lets whoever may propose do so.
  void propose();
  void deliver();
  /// Sends and keeps what a call to validator v gave.
  void handle(std::uint32_t v, Output output);
  /// Lets the alarm of that kind go off which validator v set last.
  void expire(std::uint32_t v, Timer timer);

  /// Messages for which this is true are lost.
  std::function<bool(std::uint32_t from, std::uint32_t to, const ledger::Message&)> lost;
  std::vector<ledger::Committed> commits;  ///< of all validators
  std::vector<ledger::Evidence> evidence;  ///< of all validators
  std::vector<ledger::Message> sent;       ///< by all
  std::vector<std::vector<Alarm>> alarms;  ///< by validator

  const ledger::TinyMarket& market;
  ledger::Verifier verifier;
  Executor executor;

 private:
  struct Letter {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    ledger::Message message;
  };
  std::vector<std::unique_ptr<Validator>> validators_;  ///< null: absent
  std::deque<Letter> letters_;
};

}  // namespace gridtally::consensus
