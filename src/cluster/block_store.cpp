#include "cluster/block_store.hpp"

#include <algorithm>

namespace gridtally::cluster {

namespace {
constexpr std::uint64_t always_kept = 4;  // blocks
constexpr std::size_t many_bytes = std::size_t{8} << 20U;
}  // namespace

void BlockStore::add(std::uint64_t height, Post::Contents committed) {
  const auto [place, added] = letters_.emplace(height, committed);
  if (added) bytes_ += committed->size();
}

void BlockStore::forget(std::uint64_t height) {
  while (!letters_.empty() && letters_.begin()->first <= height &&
         letters_.begin()->first + always_kept <= letters_.rbegin()->first) {
    bytes_ -= letters_.begin()->second->size();
    letters_.erase(letters_.begin());
  }
}

bool BlockStore::is_full(std::size_t validators) const {
  return bytes_ > many_bytes && letters_.size() > std::max<std::size_t>(validators, always_kept);
}

Post::Contents BlockStore::find(std::uint64_t height) const {
  const auto found = letters_.find(height);
  return found == letters_.end() ? nullptr : found->second;
}

}  // namespace gridtally::cluster
