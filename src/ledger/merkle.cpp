#include "ledger/merkle.hpp"

#include <bit>

#include "base/crew.hpp"
#include "base/error.hpp"

namespace gridtally::ledger::merkle {
namespace {

using Leaves = std::span<const Digest>;

/// The largest power of two below `size` (RFC 6962, 2.1); size > 1.
std::size_t split_point(std::size_t size) { return std::bit_floor(size - 1); }

void inclusion(Leaves leaves, std::size_t index, std::vector<Digest>& path) {
  if (leaves.size() <= 1) return;
  const std::size_t k = split_point(leaves.size());
  if (index < k) {
    inclusion(leaves.first(k), index, path);
    path.push_back(root(leaves.subspan(k)));
  } else {
    inclusion(leaves.subspan(k), index - k, path);
    path.push_back(root(leaves.first(k)));
  }
}

/// SUBPROOF(m, D[n], b) of RFC 6962, 2.1.2.
void subproof(Leaves leaves, std::size_t m, bool whole, std::vector<Digest>& path) {
  if (m == leaves.size()) {
    if (!whole) path.push_back(root(leaves));
    return;
  }
  const std::size_t k = split_point(leaves.size());
  if (m <= k) {
    subproof(leaves.first(k), m, whole, path);
    path.push_back(root(leaves.subspan(k)));
  } else {
    subproof(leaves.subspan(k), m - k, false, path);
    path.push_back(root(leaves.first(k)));
  }
}

}  // namespace

Digest leaf_hash(ByteView leaf) {
  static constexpr std::array<std::uint8_t, 1> prefix{0x00};
  return sha256({prefix, leaf});
}

Digest node_hash(const Digest& left, const Digest& right) {
  static constexpr std::array<std::uint8_t, 1> prefix{0x01};
  return sha256({prefix, left, right});
}

namespace {

/// Of a node, by the time that hashing it takes.
constexpr std::size_t node_numbers = 128;

std::vector<Digest> level_above(Leaves level) {
  const std::size_t pairs = level.size() / 2;
  std::vector<Digest> above(pairs + level.size() % 2);
  share_rows(pairs, node_numbers, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) above[i] = node_hash(level[2 * i], level[2 * i + 1]);
  });
  if (level.size() % 2 == 1) above.back() = level.back();
  return above;
}

}  // namespace

Digest root(Leaves leaves) {
  if (leaves.empty()) return sha256(ByteView{});
  if (leaves.size() == 1) return leaves.front();
  std::vector<Digest> level = level_above(leaves);
  while (level.size() > 1) level = level_above(level);
  return level.front();
}

std::vector<Digest> inclusion_proof(Leaves leaves, std::size_t index) {
  if (index >= leaves.size()) {
    throw Error("no leaf " + std::to_string(index) + " in a tree of " +
                std::to_string(leaves.size()));
  }
  std::vector<Digest> path;
  inclusion(leaves, index, path);
  return path;
}

// RFC 9162, 2.1.3.2.
bool verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size, Leaves path,
                      const Digest& root) {
  if (index >= size) return false;
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  Digest hash = leaf;
  for (const Digest& node : path) {
    if (sn == 0) return false;
    if (fn % 2 == 1 || fn == sn) {
      hash = node_hash(node, hash);
      while (fn % 2 == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      hash = node_hash(hash, node);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && hash == root;
}

std::vector<Digest> consistency_proof(Leaves leaves, std::size_t old_size) {
  if (old_size > leaves.size()) {
    throw Error("no tree of " + std::to_string(old_size) + " leaves within " +
                std::to_string(leaves.size()));
  }
  std::vector<Digest> path;
  if (old_size != 0) subproof(leaves, old_size, true, path);
  return path;
}

// RFC 9162, 2.1.4.2.
bool verify_consistency(std::uint64_t old_size, std::uint64_t new_size, const Digest& old_root,
                        const Digest& new_root, Leaves path) {
  if (old_size == 0 || old_size > new_size) return false;
  if (old_size == new_size) return path.empty() && old_root == new_root;
  if (path.empty()) return false;
  std::uint64_t fn = old_size - 1;
  std::uint64_t sn = new_size - 1;
  while (fn % 2 == 1) {
    fn >>= 1;
    sn >>= 1;
  }
  const bool starts_at_old_root = std::has_single_bit(old_size);
  Digest old_hash = starts_at_old_root ? old_root : path.front();
  Digest new_hash = old_hash;
  for (const Digest& node : starts_at_old_root ? path : path.subspan(1)) {
    if (sn == 0) return false;
    if (fn % 2 == 1 || fn == sn) {
      old_hash = node_hash(node, old_hash);
      new_hash = node_hash(node, new_hash);
      while (fn % 2 == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      new_hash = node_hash(new_hash, node);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && old_hash == old_root && new_hash == new_root;
}

void Frontier::append(const Digest& leaf) {
  Digest peak = leaf;
  for (std::uint64_t bits = size_; bits % 2 == 1; bits >>= 1) {
    peak = node_hash(peaks_.back(), peak);
    peaks_.pop_back();
  }
  peaks_.push_back(peak);
  ++size_;
}

Digest Frontier::root() const {
  if (peaks_.empty()) return sha256(ByteView{});
  Digest root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = node_hash(peaks_[i], root);
  return root;
}

}  // namespace gridtally::ledger::merkle
