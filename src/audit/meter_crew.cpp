#include "audit/meter_crew.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <thread>
#include <utility>

namespace gridtally::audit {

namespace {

std::size_t households(const std::vector<archive::PrivateFile>& files) {
  std::size_t count = 0;
  for (const auto& file : files) count += file.prosumers.size();
  return count;
}

/// What one thread says, or what it threw.
struct Word {
  std::vector<ledger::Transaction> transactions;
  std::exception_ptr failure;
};

void take_word(meter::MeterGroup& group, const ledger::ContractState& state, Word& word) {
  try {
    word.transactions = group.prepare(state);
  } catch (...) {
    word.failure = std::current_exception();
  }
}

}  // namespace

MeterCrew::MeterCrew(const ledger::Genesis& genesis, const std::vector<archive::PrivateFile>& files,
                     unsigned threads, std::size_t least) {
  const auto worth = std::max<std::size_t>(1, households(files) / least);
  const auto count = std::min({std::size_t{threads}, worth, files.size()});
  for (std::size_t i = 0; i < count; ++i) {
    const auto first = files.begin() + static_cast<std::ptrdiff_t>(files.size() * i / count);
    const auto last = files.begin() + static_cast<std::ptrdiff_t>(files.size() * (i + 1) / count);
    groups_.push_back(std::make_unique<meter::MeterGroup>(
        genesis, std::vector<archive::PrivateFile>(first, last)));
  }
}

std::vector<ledger::Transaction> MeterCrew::prepare(const ledger::ContractState& state) {
  std::vector<Word> words(groups_.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < groups_.size(); ++i) {
      threads.emplace_back([&, i] { take_word(*groups_[i], state, words[i]); });
    }
    take_word(*groups_[0], state, words[0]);
  }
  std::vector<ledger::Transaction> transactions;
  for (auto& word : words) {
    if (word.failure) std::rethrow_exception(word.failure);
    std::move(word.transactions.begin(), word.transactions.end(), std::back_inserter(transactions));
  }
  return transactions;
}

bool MeterCrew::observe(const ledger::ContractState& state) {
  for (auto& group : groups_) group->observe(state);
  return state.settled;
}

archive::PrivateDay MeterCrew::take_day() {
  archive::PrivateDay day;
  for (auto& group : groups_) {
    auto part = group->take_day();
    std::move(part.begin(), part.end(), std::back_inserter(day));
  }
  return day;
}

}  // namespace gridtally::audit
