#include "cluster/own_words.hpp"

namespace gridtally::cluster {

namespace {

ledger::LatestWords words_of(const meter::MeterGroup& meters) {
  const auto& files = meters.files();
  if (files.empty()) return {0, 0};
  return {files.front().meter, static_cast<std::uint32_t>(files.size())};
}

}  // namespace

OwnWords::OwnWords(const ledger::Genesis& genesis, const meter::MeterGroup& meters)
    : genesis_(genesis), words_(words_of(meters)) {}

std::optional<ledger::Fault> OwnWords::note(const ledger::Block& block) {
  words_.note(block);
  return ledger::holds_everyones_word(block) ? check() : std::nullopt;
}

}  // namespace gridtally::cluster
