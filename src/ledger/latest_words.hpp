#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/block.hpp"
#include "ledger/verifier.hpp"

namespace gridtally::ledger {

/// Each meter's latest transactions in the blocks noted. A transaction is signed over the hash of
/// the block before its turn, and so over everything the chain holds up to there: a good signature
/// shows that the meter stands by all that those blocks hold in its name, whose signatures need not
/// be checked. An honest meter signs over no block that holds what it did not send. Where decisions
/// may be late, a meter's last word can be older than the block of the one before: then that one
/// counts as well.
class LatestWords {
 public:
  /// Blocks in height order that have passed check_place, which compares the parents. `first` and
  /// `count`: the meters that matter.
  LatestWords(std::uint32_t first, std::uint32_t count) : first_(first), words_(count) {}

  void note(const Block& block);
  [[nodiscard]] std::size_t size() const;
  void forget();
  /// Checks the signatures of what was noted, and forgets it. The first fault by meter: at least
  /// that word was not the meter's, and maybe an earlier one neither.
  std::optional<Fault> check(const Genesis& genesis, Verifier& verifier);

 private:
  struct Word {
    Turn turn;  ///< of the block that holds it
    Bytes signed_bytes;
    Signature signature;
  };
  std::uint32_t first_;
  std::vector<std::vector<Word>> words_;  ///< of each meter, by height
};

/// A block that settles a day holds a transaction of every meter: whoever has checked those
/// signatures need check no meter's before it.
inline bool holds_everyones_word(const Block& block) { return block.header.settled; }

}  // namespace gridtally::ledger
