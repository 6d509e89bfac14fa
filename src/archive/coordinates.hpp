#pragma once

#include <map>
#include <string>

#include "archive/layout.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::archive {

/// The datasets of a segment that repeat the genesis, as their bytes by path: scales, partners and
/// tariff of `day`. The writer writes them, the reader compares.
std::map<std::string, ledger::Bytes> segment_coordinates(const ledger::Genesis& genesis,
                                                         std::uint32_t day, std::uint64_t first,
                                                         const Extents& extents);

/// Names padded with zeros to `width` bytes each.
ledger::Bytes padded_names(const std::vector<std::string>& names, std::size_t width);

/// 0, 1, … as u32, from `first`.
ledger::Bytes counted(std::uint64_t count, std::uint32_t first = 0);

}  // namespace gridtally::archive
