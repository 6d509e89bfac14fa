#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/file.hpp"
#include "ledger/bytes.hpp"
#include "ledger/sha256.hpp"

namespace gridtally::cluster {

/// What a validator must not forget in a crash (consensus::Validator::record), durable before a
/// signature leaves it. A file of frames: length u32, record, SHA-256 of both; the last whole frame
/// counts. Mode 0600; begun anew when it has grown to a few MB.
class VoteRecord {
 public:
  /// Opens `path` or makes it. IoError when the disk refuses.
  explicit VoteRecord(std::filesystem::path path);

  /// The last whole record; nothing in a new file.
  [[nodiscard]] const std::optional<ledger::Bytes>& last() const { return last_; }
  void append(ledger::ByteView record);
  /// fdatasync: returns once all that was appended is durable.
  void sync();

 private:
  void begin_anew();

  std::filesystem::path path_;
  std::optional<ledger::Bytes> last_;
  std::optional<File> file_;
  std::uint64_t size_ = 0;
};

/// "validator-0.record"
std::string vote_record_name(std::uint32_t validator);

}  // namespace gridtally::cluster
