#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "archive/private_file.hpp"
#include "archive/synthetic_chain.hpp"

namespace gridtally::fuzz {

/// By name.
using Files = std::map<std::string, ledger::Bytes>;

/// What seeds are made of: a run of two short days, and archives of it.
struct Material {
  archive::testing::Chain chain;
  ledger::Evidence evidence;
  Files archive;   ///< day 0 sealed, day 1 in its journal
  Files thinned;   ///< day 0 sealed with its last decisions only
  Files journals;  ///< nothing sealed
  archive::PrivateExpectation expected;
  ledger::Bytes private_file;  ///< as `expected`

  [[nodiscard]] std::vector<ledger::CommittedBlock> blocks() const { return chain.blocks(); }
};
const Material& material();

/// This process's folder for what a target must have on a disk: in memory, or below TMPDIR where
/// that is set; removed when the process ends well.
const std::filesystem::path& work_folder();
/// The file of this name there, with these bytes and nothing else.
std::filesystem::path put(const std::string& name, ledger::ByteView bytes);

/// Writes what `files` holds over the manifest's checksums and signs it as validator 0, where it
/// can be read at all.
void sign_manifest(Files& files);

/// Frames of length u32, `head` bytes with it, payload, SHA-256: gives each that fits the right
/// hash.
void hash_frames(ledger::Bytes& bytes, std::size_t head);

}  // namespace gridtally::fuzz
