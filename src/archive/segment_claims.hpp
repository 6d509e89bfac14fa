#pragma once

#include "archive/hdf5_reader.hpp"
#include "archive/layout.hpp"
#include "archive/manifest.hpp"
#include "ledger/genesis.hpp"

namespace gridtally::archive {

/// FormatError naming the attribute unless the file says that it is the segment of `day` of this
/// run, in the version that is read here.
void check_attributes(const hdf5::Reader& file, const ledger::Genesis& genesis,
                      const ledger::Digest& run_id, std::uint32_t day, const SegmentEntry& entry);

/// The lengths that a segment claims in its attributes. FormatError for any beyond what the genesis
/// allows, the manifest says, or `archive_bytes`, the size of all segments, can hold.
Extents claimed_extents(const hdf5::Reader& file, const ledger::Genesis& genesis,
                        const SegmentEntry& entry, std::uint64_t archive_bytes);

}  // namespace gridtally::archive
