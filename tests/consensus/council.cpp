#include "consensus/council.hpp"

#include <numeric>

namespace gridtally::consensus {

Council::Council(const ledger::TinyMarket& tiny, const std::vector<std::uint32_t>& present)
    : alarms(tiny.validator_keys.size()),
      market(tiny),
      executor(tiny.genesis, verifier),
      validators_(tiny.validator_keys.size()) {
  for (const std::uint32_t v : present) {
    validators_[v] = std::make_unique<Validator>(executor, tiny.validator_keys[v], Timeouts{},
                                                 first_position(tiny.genesis));
    handle(v, validators_[v]->start());
  }
}

Council::Council(const ledger::TinyMarket& tiny)
    : Council(tiny, [&] {
        std::vector<std::uint32_t> all(tiny.validator_keys.size());
        std::iota(all.begin(), all.end(), 0U);
        return all;
      }()) {}

void Council::handle(std::uint32_t v, Output output) {
  for (const Envelope& envelope : output.envelopes) {
    sent.push_back(envelope.message);
    for (std::uint32_t to = 0; to < validators_.size(); ++to) {
      if (to == v || (envelope.to && *envelope.to != to)) continue;
      if (lost && lost(v, to, envelope.message)) continue;
      letters_.push_back({v, to, envelope.message});
    }
  }
  alarms[v].insert(alarms[v].end(), output.alarms.begin(), output.alarms.end());
  commits.insert(commits.end(), output.commits.begin(), output.commits.end());
  evidence.insert(evidence.end(), output.evidence.begin(), output.evidence.end());
}

void Council::propose() {
  for (std::uint32_t v = 0; v < validators_.size(); ++v) {
    if (!validators_[v] || !validators_[v]->may_propose()) continue;
    const auto& state = validators_[v]->position()->state;
    handle(v, validators_[v]->propose(market.transactions(state), {}));
  }
}

void Council::deliver() {
  while (!letters_.empty()) {
    const Letter letter = letters_.front();
    letters_.pop_front();
    if (!validators_[letter.to]) continue;
    const auto message = ledger::decode_message(encode(letter.message));
    handle(letter.to, validators_[letter.to]->receive(message, letter.from));
  }
}

void Council::run_height() {
  for (std::uint32_t v = 0; v < validators_.size(); ++v) {
    if (validators_[v]) handle(v, validators_[v]->ready());
  }
  propose();
  deliver();
}

void Council::expire(std::uint32_t v, Timer timer) {
  for (auto alarm = alarms[v].rbegin(); alarm != alarms[v].rend(); ++alarm) {
    if (alarm->timer == timer) return handle(v, validators_[v]->expire(*alarm));
  }
}

}  // namespace gridtally::consensus
