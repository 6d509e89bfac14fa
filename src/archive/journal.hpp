#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "archive/input.hpp"
#include "base/file.hpp"
#include "ledger/block.hpp"
#include "ledger/evidence.hpp"

namespace gridtally::archive {

/// First frame of a journal.
struct JournalHeader {
  static constexpr std::uint32_t version = 4;
  ledger::Digest run_id{};
  std::uint64_t first_height = 1;
  bool operator==(const JournalHeader&) const = default;
};

/// A frame is length u32 | type u8 | synced u64 | payload | SHA-256 of all before (FORMAT.md).
enum class FrameType : std::uint8_t { header = 1, block = 2, evidence = 3 };

/// No frame has a longer payload: bounds what a reader holds.
inline constexpr std::uint64_t largest_payload = std::uint64_t{1} << 29;  ///< bytes

/// Appends frames. A frame counts once sync() has returned.
class JournalWriter {
 public:
  /// Starts an empty journal in place of any that is there: durable and atomic.
  static JournalWriter start(const std::filesystem::path& path, const JournalHeader& header);
  /// Goes on after the first `size` bytes of the journal at `path`; what follows them is dropped.
  /// They are copied to a new file that takes its place, since a failed fsync of an earlier writer
  /// may have left them in memory alone.
  static JournalWriter go_on(const std::filesystem::path& path, std::uint64_t size);

  void append(const ledger::CommittedBlock& block, double commit_time);
  void append(const ledger::Evidence& evidence);
  void sync();
  void close();

 private:
  JournalWriter(File file, std::uint64_t size)
      : file_(std::move(file)), size_(size), synced_(size) {}
  void append(FrameType type, ledger::ByteView payload);

  File file_;
  std::uint64_t size_;
  std::uint64_t synced_;  ///< bytes that are durable
};

struct JournalledBlock {
  ledger::CommittedBlock block;
  double commit_time = 0.0;  ///< [s since 1970]
};

/// Reads frames one by one; holds one at a time. Bytes after the last valid frame are cut (a write
/// that a crash cut off), and so are frames that no sync stands between and the cut; an invalid
/// frame that was durable when a valid one after it was written is damage: FormatError naming file
/// and offset.
class JournalReader {
 public:
  /// FormatError when the header frame is damaged or of another version.
  explicit JournalReader(Input input);

  [[nodiscard]] const JournalHeader& header() const { return header_; }
  /// The next block; evidence on the way to it joins evidence().
  std::optional<JournalledBlock> next();
  [[nodiscard]] const std::vector<ledger::Evidence>& evidence() const { return evidence_; }
  /// Where the last frame read ends; all that counts once next() has returned nothing.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  /// Bytes after the last valid frame; known once next() has returned nothing.
  [[nodiscard]] std::uint64_t cut_bytes() const { return cut_bytes_; }

 private:
  struct Head {
    FrameType type;
    std::uint64_t length;  ///< of the payload
    std::uint64_t synced;
  };
  [[nodiscard]] std::optional<Head> head_of(ledger::ByteView bytes, std::uint64_t offset) const;
  [[nodiscard]] bool is_hashed(std::uint64_t offset, const Head& head) const;
  std::optional<FrameType> load(std::uint64_t offset);
  std::optional<FrameType> next_frame();
  void cut_or_refuse();
  void refuse_if_valid(std::uint64_t offset, ledger::ByteView bytes, std::uint64_t& budget) const;
  [[noreturn]] void fail(std::uint64_t offset, const std::string& reason) const;

  Input input_;
  std::uint64_t size_;
  std::uint64_t offset_ = 0;
  std::uint64_t cut_bytes_ = 0;
  ledger::Bytes payload_;  ///< of the frame read last
  JournalHeader header_;
  std::vector<ledger::Evidence> evidence_;
  std::uint64_t evidence_bytes_ = 0;
};

}  // namespace gridtally::archive
