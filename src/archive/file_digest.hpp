#pragma once

#include <filesystem>

#include "ledger/sha256.hpp"

namespace gridtally::archive {

/// SHA-256 of a file's bytes, read piece by piece. IoError when it cannot be read.
ledger::Digest file_digest(const std::filesystem::path& path);

}  // namespace gridtally::archive
