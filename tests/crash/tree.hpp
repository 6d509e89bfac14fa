#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "crash/trace.hpp"
#include "ledger/sha256.hpp"

namespace gridtally::crash {

/// Content of a folder: bytes by path below it; nothing for a folder in it.
using Tree = std::map<std::string, std::optional<Bytes>>;

Tree read_tree(const std::filesystem::path& folder);
/// Makes `folder`, which must be empty or absent, hold `tree`. Modes are 0600 and 0700.
void write_tree(const std::filesystem::path& folder, const Tree& tree);
ledger::Digest digest_of(const Tree& tree);

/// Empty when both are the same; else one line a path that differs, and how.
std::string difference(const Tree& expected, const Tree& found);

}  // namespace gridtally::crash
