#pragma once

#include <cstdint>

#include "ledger/merkle.hpp"

namespace gridtally::ledger {

/// Where a chain ends: all that the next block's header says of the blocks before it.
struct Tip {
  /// Of the chain without blocks: its only leaf is the run id.
  explicit Tip(const Digest& run_id) : head(run_id) { history.append(leaf(run_id)); }

  Digest head;               ///< hash of the last block; the run id before the first
  merkle::Frontier history;  ///< over the block hashes of heights 0 (the run id) to the last

  /// Leaf hash of a block in `history`.
  static Digest leaf(const Digest& block_hash) { return merkle::leaf_hash(block_hash); }
  [[nodiscard]] std::uint64_t height() const { return history.size() - 1; }
  void advance(const Digest& block_hash) {
    head = block_hash;
    history.append(leaf(block_hash));
  }
  bool operator==(const Tip&) const = default;
};

}  // namespace gridtally::ledger
