#pragma once

#include <filesystem>

#include "archive/day_result.hpp"
#include "archive/journal.hpp"
#include "ledger/genesis.hpp"

namespace gridtally::archive {

/// Writes the blocks of `journal` and `result` as one HDF5 file at `path`, which must not exist;
/// durable on return. FormatError unless the blocks are all of result.day, result.iterations
/// trading and result.rounds settlement blocks, each kind in its order.
void write_segment(const std::filesystem::path& path, const ledger::Genesis& genesis,
                   JournalReader& journal, const DayResult& result);

/// FormatError naming the rule unless a segment can hold `block` without loss: one transaction a
/// meter with its turn, one row a prosumer with its numbers, certificate of this block.
void require_storable(const ledger::Genesis& genesis, const ledger::CommittedBlock& block);

}  // namespace gridtally::archive
