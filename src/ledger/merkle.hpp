#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ledger/sha256.hpp"

/// RFC 6962 Merkle trees. Leaves are given as leaf hashes.
namespace gridtally::ledger::merkle {

Digest leaf_hash(ByteView leaf);                            ///< SHA-256(0x00 || leaf)
Digest node_hash(const Digest& left, const Digest& right);  ///< SHA-256(0x01 || left || right)

/// Tree head; SHA-256 of nothing for no leaves.
Digest root(std::span<const Digest> leaves);

/// Audit path of leaf `index`, from the leaf up.
std::vector<Digest> inclusion_proof(std::span<const Digest> leaves, std::size_t index);
/// True when `path` proves that the tree of `size` leaves under `root` has `leaf` at `index`.
bool verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Digest> path, const Digest& root);

/// Proof that the tree of all `leaves` extends the tree of the first `old_size`.
std::vector<Digest> consistency_proof(std::span<const Digest> leaves, std::size_t old_size);
bool verify_consistency(std::uint64_t old_size, std::uint64_t new_size, const Digest& old_root,
                        const Digest& new_root, std::span<const Digest> path);

/// The root of a tree that only grows, in O(log n) memory and time a leaf.
class Frontier {
 public:
  void append(const Digest& leaf);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Digest root() const;  ///< of the leaves so far, as merkle::root
  bool operator==(const Frontier&) const = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_;  ///< roots of the full subtrees, the largest first
};

}  // namespace gridtally::ledger::merkle
