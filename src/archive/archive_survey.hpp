#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "archive/layout.hpp"
#include "archive/manifest.hpp"
#include "ledger/block.hpp"
#include "ledger/evidence.hpp"
#include "ledger/genesis.hpp"
#include "ledger/tip.hpp"

namespace gridtally::archive {

/// A day whose blocks are in its journal.
struct JournalledDay {
  std::uint32_t day = 0;
  std::uint64_t first = 1;  ///< height of its first block
  ledger::Tip end;          ///< after its last block so far
  SegmentCounts counts;     ///< validators: the most there can be so far
};
/// Adds what a block holds that the genesis does not tell.
void count(SegmentCounts& counts, const ledger::Block& block);
void count(SegmentCounts& counts, const ledger::Evidence& evidence);

/// What stands in an archive folder that a writer has left, in whatever state.
struct Survey {
  bool begun = false;  ///< the genesis is there; else the folder holds nothing that counts
  std::vector<SegmentEntry> segments;
  ledger::Tip sealed{ledger::Digest{}};  ///< after the last sealed block
  std::deque<JournalledDay> days;        ///< not sealed, in order; may be empty
  std::uint64_t journal_bytes = 0;       ///< of the last journal: what counts
  std::uint64_t validators = 0;          ///< known by the end of the last sealed day
  std::uint64_t evidence_pieces = 0;     ///< of the archive
  std::uint64_t evidence_bytes = 0;
  std::vector<std::string> leftovers;  ///< files that say nothing that is not said elsewhere
};

/// Reads and checks what a writer needs to go on; changes nothing. InputError when the archive is
/// another run's. FormatError naming file and offset or height when it is damaged: in a way that no
/// crash of a writer explains. Blocks are not judged, but they form one chain.
Survey survey_archive(const std::filesystem::path& folder, const ledger::Genesis& genesis);

}  // namespace gridtally::archive
