#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/file.hpp"
#include "ledger/block.hpp"
#include "ledger/evidence.hpp"

namespace gridtally::archive {

/// First frame of a journal.
struct JournalHeader {
  static constexpr std::uint32_t version = 2;
  ledger::Digest run_id{};
  std::uint64_t first_height = 1;
  bool operator==(const JournalHeader&) const = default;
};

/// A frame is length u32 | type u8 | payload | SHA-256 of all before (FORMAT.md).
enum class FrameType : std::uint8_t { header = 1, block = 2, evidence = 3 };

/// Appends frames. A frame counts once sync() has returned.
class JournalWriter {
 public:
  /// Starts an empty journal in place of any that is there: durable and atomic.
  static JournalWriter start(const std::filesystem::path& path, const JournalHeader& header);

  void append(const ledger::CommittedBlock& block, double commit_time);
  void append(const ledger::Evidence& evidence);
  void sync();
  void close();

 private:
  explicit JournalWriter(File file) : file_(std::move(file)) {}
  File file_;
};

struct JournalledBlock {
  ledger::CommittedBlock block;
  double commit_time = 0.0;  ///< [s since 1970]
};

/// Reads frames one by one. Bytes after the last valid frame are cut (a write that a crash cut
/// off); an invalid frame before a valid one is damage: FormatError naming the offset.
class JournalReader {
 public:
  /// FormatError when the header frame is damaged or of another version.
  explicit JournalReader(const std::filesystem::path& path);

  [[nodiscard]] const JournalHeader& header() const { return header_; }
  /// The next block; evidence on the way to it joins evidence().
  std::optional<JournalledBlock> next();
  [[nodiscard]] const std::vector<ledger::Evidence>& evidence() const { return evidence_; }
  /// Bytes after the last valid frame; known once next() has returned nothing.
  [[nodiscard]] std::uint64_t cut_bytes() const { return cut_bytes_; }

 private:
  struct Frame {
    FrameType type;
    ledger::ByteView payload;
    std::uint64_t size;  ///< of the whole frame
  };
  [[nodiscard]] std::optional<Frame> frame_at(std::uint64_t offset, std::uint64_t& budget) const;
  std::optional<Frame> next_frame();
  void cut_or_refuse();

  std::vector<std::uint8_t> bytes_;
  std::uint64_t offset_ = 0;
  std::uint64_t cut_bytes_ = 0;
  JournalHeader header_;
  std::vector<ledger::Evidence> evidence_;
};

}  // namespace gridtally::archive
