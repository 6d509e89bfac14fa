#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "archive/fault.hpp"
#include "archive/private_file.hpp"
#include "audit/report.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::audit::testing {

/// All that reading an archive gives, in the way an audit reads it: what is equal here is equal to
/// every auditor.
struct Content {
  std::vector<ledger::Bytes> blocks;        ///< with their certificates, encoded
  std::vector<std::uint64_t> commit_times;  ///< bits of f64
  std::vector<ledger::Bytes> results;       ///< of sealed days, encoded
  std::vector<ledger::Bytes> premiums;      ///< of sealed days that leave decisions out
  std::vector<ledger::Bytes> evidence;      ///< encoded
  std::uint64_t cut_bytes = 0;
  std::optional<archive::ArchiveFault> fault;  ///< the first

  /// Equal in everything but what stands under no signature: commit times, premiums.
  [[nodiscard]] bool says_the_same(const Content& other) const;
  bool operator==(const Content& other) const {
    return says_the_same(other) && commit_times == other.commit_times && premiums == other.premiums;
  }
};
Content read_content(const std::filesystem::path& archive);

/// All that a private file says, encoded.
ledger::Bytes encode(const archive::PrivateFile& file);

}  // namespace gridtally::audit::testing
