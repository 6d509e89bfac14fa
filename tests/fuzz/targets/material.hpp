#pragma once

#include <filesystem>
#include <map>
#include <string>

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

  [[nodiscard]] std::vector<ledger::CommittedBlock> blocks() const { return chain.blocks(); }
};
const Material& material();

/// This process's folder for what a target must have on a disk: in memory, or below TMPDIR where
/// that is set; removed when the process ends well.
const std::filesystem::path& work_folder();
/// A folder of this name there, empty at first.
std::filesystem::path own_folder(const std::string& name);
/// The file of this name there, with these bytes and nothing else.
std::filesystem::path put(const std::string& name, ledger::ByteView bytes);

}  // namespace gridtally::fuzz
