#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/keys.hpp"
#include "ledger/sha256.hpp"

namespace gridtally::archive {

/// One sealed segment. Segments are consecutive: days from 0, heights from 1.
struct SegmentEntry {
  std::string name;  ///< "day-0000.h5"
  ledger::Digest sha256{};
  std::uint64_t first = 0;  ///< height
  std::uint64_t last = 0;   ///< height
  bool operator==(const SegmentEntry&) const = default;
};

/// The signed table of contents. Covers what is sealed; a journal may go further.
struct Manifest {
  static constexpr std::uint32_t version = 1;
  ledger::Digest run_id{};
  std::vector<SegmentEntry> segments;
  std::uint64_t height = 0;       ///< last sealed block; 0: none
  ledger::Digest head{};          ///< its hash; the run id at height 0
  ledger::Digest history_root{};  ///< RFC 6962 over the block hashes 0 … height
  ledger::PublicKey signer;       ///< validator 0
  bool operator==(const Manifest&) const = default;
};

/// "day-0003.h5"
std::string segment_name(std::uint32_t day);

/// RFC 6962 root; `block_hashes` from height 0 (the run id).
ledger::Digest history_root(const std::vector<ledger::Digest>& block_hashes);

/// The text with its signature. `signer` of the manifest is set from the key.
std::string sign_manifest(Manifest manifest, const ledger::SecretKey& key);

/// The text read back; only what sign_manifest writes is accepted, letter by letter. FormatError
/// names the line. Does not check the signature.
Manifest parse_manifest(std::string_view text);
/// True when the text's last line is the Ed25519 signature of `key` over what precedes it.
bool verify_manifest(std::string_view text, const ledger::PublicKey& key);

}  // namespace gridtally::archive
