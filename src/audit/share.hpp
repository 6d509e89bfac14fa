#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ledger/bytes.hpp"

namespace gridtally::audit {

/// The part of one process in an audit, where several audit an archive together. All of them read
/// and execute every block; each checks the signatures and state roots of its heights, and the
/// private files of its meters.
struct Share {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
  /// What each process says, in the order of index. Collective; not called when count is 1.
  std::function<std::vector<ledger::Bytes>(const ledger::Bytes&)> gather;

  [[nodiscard]] bool has(std::uint64_t height) const { return height % count == index; }
  /// Of `size` items in order: where this process's begin, and those of the next.
  [[nodiscard]] std::size_t first(std::size_t size) const { return size * index / count; }
  [[nodiscard]] std::size_t last(std::size_t size) const { return size * (index + 1) / count; }
};

/// `wanted`, or with 0 as many threads as this process has cores for itself.
unsigned threads_of(const Share& share, unsigned wanted);

}  // namespace gridtally::audit
