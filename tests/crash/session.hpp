#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "archive/synthetic_chain.hpp"
#include "crash/shim/protocol.hpp"

namespace gridtally::crash {

/// A short run to be written: two days of a synthetic chain, a piece of evidence before the second
/// block of each day, meter 1's private file.
struct Script {
  archive::testing::Chain chain;
  std::vector<ledger::Evidence> evidence;  ///< one a day
  std::uint64_t blocks = 0;
};
Script make_script();

enum class Start : std::uint8_t { create, resume };

/// Writes the script's archive and private file below `folder`, all of it or what is not there yet,
/// with commit times that depend on the height alone; no day is sealed before it is private. Tells
/// `board` and the trace ("block 3", "evidence 1", "private 2": days) what it acknowledges; the
/// trace "resumed" when archive and private file are taken up, and "acknowledged" once it has said
/// what it found. Private days that are not sealed are dropped as it resumes: it says before how
/// many stay. When an append fails it is tried again: throws std::logic_error when that is
/// acknowledged, or when a sealed day is not private.
void write_script(const Script& script, const std::filesystem::path& folder, Start start,
                  Board& board);

/// What can be read in the archive below `folder`.
struct Readable {
  std::uint64_t blocks = 0;
  std::uint64_t evidence = 0;
  std::uint64_t sealed_days = 0;
};
/// Throws Error unless all that is there is the script's, in order and sound; an archive that can
/// not be opened counts as empty when `may_be_absent`.
Readable read_back(const Script& script, const std::filesystem::path& folder, bool may_be_absent);
/// Days that can be read in the private file below `folder`; none when it is not there. Throws
/// Error unless they are the script's.
std::uint64_t read_back_private(const Script& script, const std::filesystem::path& folder);

}  // namespace gridtally::crash
