#include "ledger/latest_words.hpp"

#include <algorithm>
#include <utility>

namespace gridtally::ledger {

void LatestWords::note(const Block& block) {
  for (const SignedTransaction& transaction : block.transactions) {
    const std::uint32_t meter = transaction.content().meter;
    if (meter < first_ || meter - first_ >= words_.size()) continue;
    words_[meter - first_] = {block.header.turn, transaction.signed_bytes(),
                              transaction.signature()};
  }
}

std::size_t LatestWords::size() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(words_, [](const auto& word) { return word.has_value(); }));
}

void LatestWords::forget() { std::ranges::fill(words_, std::nullopt); }

std::optional<Fault> LatestWords::check(const Genesis& genesis, Verifier& verifier) {
  std::optional<Fault> first;
  for (std::uint32_t i = 0; i < words_.size(); ++i) {
    const auto word = std::exchange(words_[i], std::nullopt);
    if (!word || first) continue;
    const PublicKey& key = genesis.meters[first_ + i].key;
    if (verifier.verify(key, word->signed_bytes, word->signature)) continue;
    first.emplace();
    first->height = word->turn.height;
    first->day = word->turn.day;
    first->meter = first_ + i;
    first->what = "meter signature";
    first->expected = "a good one of the meter's key";
    first->found = "a bad one";
  }
  return first;
}

}  // namespace gridtally::ledger
