#include "meter/retrace.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "base/text.hpp"

namespace gridtally::meter {

namespace {

std::string place_of(const ledger::Transaction& transaction) {
  const auto& turn = transaction.turn;
  return "meter " + std::to_string(transaction.meter) + " at height " +
         std::to_string(turn.height) + " (day " + std::to_string(turn.day) + ", " +
         (turn.phase == ledger::Phase::trading ? "iteration " : "settlement round ") +
         std::to_string(turn.iteration) + ")";
}

std::string number_difference(const char* name, const std::vector<double>& before,
                              const std::vector<double>& now) {
  for (std::size_t i = 0; i < before.size() && i < now.size(); ++i) {
    if (before[i] == now[i]) continue;
    return std::string(name) + " " + std::to_string(i) + " is " + to_text(now[i]) + ", was " +
           to_text(before[i]);
  }
  return {};
}

std::string row_difference(const ledger::Decision& before, const ledger::Decision& now) {
  auto text = number_difference("number", before.numbers, now.numbers);
  return text.empty() ? "its private iterate is another" : text;
}

std::string row_difference(const ledger::Acceptance& before, const ledger::Acceptance& now) {
  auto text = number_difference("change", before.change, now.change);
  if (!text.empty()) return text;
  return number_difference("cost", {before.cost, before.cost_alone, before.bound},
                           {now.cost, now.cost_alone, now.bound});
}

template <class Row>
std::string rows_difference(const std::vector<Row>& before, const std::vector<Row>& now) {
  for (std::size_t i = 0; i < before.size() && i < now.size(); ++i) {
    if (before[i] == now[i]) continue;
    return "prosumer " + std::to_string(before[i].prosumer) + ": " +
           row_difference(before[i], now[i]);
  }
  return {};
}

std::string difference(const ledger::Transaction& before, const ledger::Transaction& now) {
  auto text = rows_difference(before.decisions, now.decisions);
  if (text.empty()) text = rows_difference(before.acceptances, now.acceptances);
  return text.empty() ? "it names another block as the one before" : text;
}

}  // namespace

Retrace::Retrace(const ledger::Genesis& genesis, MeterGroup& meters)
    : genesis_(genesis), meters_(meters) {}

const std::vector<ledger::Transaction>& Retrace::prepare(const ledger::ContractState& before) {
  said_.push_back(meters_.prepare(before));
  if (said_.back().empty()) return said_.back();
  const auto newest = said_.back().front().turn;
  std::erase_if(said_, [&](const auto& each) {
    const auto& turn = each.front().turn;
    if (turn == newest) return false;
    return turn.day != newest.day || turn.phase != ledger::Phase::trading ||
           (newest.phase == ledger::Phase::trading &&
            turn.iteration + genesis_.staleness < newest.iteration);
  });
  return said_.back();
}

const ledger::Transaction* Retrace::prepared(const ledger::Transaction& found) const {
  for (const auto& turn : said_) {
    for (const auto& each : turn) {
      if (each.turn == found.turn && each.meter == found.meter) return &each;
    }
  }
  return nullptr;
}

void Retrace::compare(const ledger::Block& block) const {
  for (const auto& transaction : block.transactions) {
    const auto& found = transaction.content();
    if (!meters_.hosts(found.meter)) continue;
    const auto* now = prepared(found);
    if (now != nullptr && *now == found) continue;
    throw Error(place_of(found) + " says something else than it did: " +
                (now == nullptr ? "nothing of that turn" : difference(found, *now)) +
                ". Go on with the program and the private data that the run began with");
  }
}

}  // namespace gridtally::meter
