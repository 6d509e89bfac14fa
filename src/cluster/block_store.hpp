#pragma once

#include <cstdint>
#include <map>

#include "cluster/letter.hpp"

namespace gridtally::cluster {

/// The committed blocks that some rank may still ask for, as letters.
class BlockStore {
 public:
  void add(std::uint64_t height, Post::Contents committed);
  /// Nobody needs blocks up to `height` any more; the last few are kept all the same.
  void forget(std::uint64_t height);
  /// Null when it is not here.
  [[nodiscard]] Post::Contents find(std::uint64_t height) const;
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// No more should come until a rank that is behind has caught up: more than 8 MiB, and more than
  /// one block a validator, so that large communities take no more memory than that.
  [[nodiscard]] bool is_full(std::size_t validators) const;

 private:
  std::map<std::uint64_t, Post::Contents> letters_;
  std::size_t bytes_ = 0;
};

}  // namespace gridtally::cluster
