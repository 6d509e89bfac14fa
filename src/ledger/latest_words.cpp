#include "ledger/latest_words.hpp"

#include <vector>

namespace gridtally::ledger {

void LatestWords::note(const Block& block) {
  for (const SignedTransaction& transaction : block.transactions) {
    const Transaction& content = transaction.content();
    if (content.meter < first_ || content.meter - first_ >= words_.size()) continue;
    auto& words = words_[content.meter - first_];
    std::erase_if(words, [&](const Word& word) { return word.turn.height < content.turn.height; });
    words.push_back({block.header.turn, transaction.signed_bytes(), transaction.signature()});
  }
}

std::size_t LatestWords::size() const {
  std::size_t count = 0;
  for (const auto& words : words_) count += words.size();
  return count;
}

void LatestWords::forget() {
  for (auto& words : words_) words.clear();
}

std::optional<Fault> LatestWords::check(const Genesis& genesis, Verifier& verifier) {
  std::optional<Fault> first;
  for (std::uint32_t i = 0; i < words_.size() && !first; ++i) {
    const PublicKey& key = genesis.meters[first_ + i].key;
    for (const Word& word : words_[i]) {
      if (verifier.verify(key, word.signed_bytes, word.signature)) continue;
      first.emplace();
      first->height = word.turn.height;
      first->day = word.turn.day;
      first->meter = first_ + i;
      first->what = "meter signature";
      first->expected = "a good one of the meter's key";
      first->found = "a bad one";
      break;
    }
  }
  forget();
  return first;
}

}  // namespace gridtally::ledger
