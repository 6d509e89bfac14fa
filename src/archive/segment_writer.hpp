#pragma once

#include <filesystem>

#include "archive/day_result.hpp"
#include "archive/journal.hpp"
#include "archive/layout.hpp"
#include "base/crew.hpp"
#include "ledger/genesis.hpp"

namespace gridtally::archive {

/// Writes the blocks and evidence of `journal` and `result` as one HDF5 file at `path`, which must
/// not exist; durable on return. FormatError unless the blocks are all of result.day,
/// result.iterations trading and result.rounds settlement blocks, each kind in its order, and the
/// journal holds what `counts` says. Of a settled day the decisions that `counts.iterates` leaves
/// out are replaced by the roots of their rows, and what is carried over is kept. `crew` helps.
void write_segment(const std::filesystem::path& path, const ledger::Genesis& genesis,
                   JournalReader& journal, const DayResult& result, const SegmentCounts& counts,
                   Crew* crew = nullptr);

/// FormatError naming the rule unless a segment can hold `block` without loss: one transaction a
/// meter (where the genesis lets meters be late, at most one) of its turn or an earlier iteration,
/// one row a prosumer with its numbers, payments where a day is settled, certificate of this block.
void require_storable(const ledger::Genesis& genesis, const ledger::CommittedBlock& block);

}  // namespace gridtally::archive
