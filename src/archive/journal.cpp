#include "archive/journal.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"

namespace gridtally::archive {

namespace {
constexpr std::uint64_t head_bytes = 5;  // length u32, type u8
constexpr std::uint64_t hash_bytes = 32;

ledger::Bytes frame(FrameType type, ledger::ByteView payload) {
  if (payload.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw FormatError(std::to_string(payload.size()) + " bytes do not fit a journal frame");
  }
  ledger::ByteWriter out;
  out.u32(static_cast<std::uint32_t>(payload.size())).u8(static_cast<std::uint8_t>(type));
  out.raw(payload);
  out.raw(ledger::sha256(out.bytes()));
  return out.take();
}

ledger::Bytes encode(const JournalHeader& header) {
  ledger::ByteWriter out;
  out.u32(JournalHeader::version).raw(header.run_id).u64(header.first_height);
  return out.take();
}

JournalHeader decode_header(ledger::ByteView payload) {
  ledger::ByteReader in(payload, "journal header");
  const auto version = in.u32();
  if (version != JournalHeader::version) in.fail("version " + std::to_string(version));
  JournalHeader header;
  header.run_id = in.array<32>();
  header.first_height = in.u64();
  in.finish();
  return header;
}

JournalledBlock decode_journalled(ledger::ByteView payload) {
  ledger::ByteReader in(payload, "journal frame");
  JournalledBlock out;
  out.commit_time = in.f64();
  out.block = ledger::decode_committed_block(in.raw(in.remaining()));
  return out;
}
}  // namespace

JournalWriter JournalWriter::start(const std::filesystem::path& path, const JournalHeader& header) {
  write_file_durably(path, frame(FrameType::header, encode(header)));
  return JournalWriter(File::open_append(path));
}

void JournalWriter::append(const ledger::CommittedBlock& block, double commit_time) {
  ledger::ByteWriter payload;
  payload.f64(commit_time).raw(ledger::encode(block));
  file_.write(frame(FrameType::block, payload.bytes()));
}

void JournalWriter::append(const ledger::Evidence& evidence) {
  file_.write(frame(FrameType::evidence, ledger::encode(evidence)));
}

void JournalWriter::sync() { file_.sync_data(); }
void JournalWriter::close() { file_.close(); }

JournalReader::JournalReader(const std::filesystem::path& path) : bytes_(read_file(path)) {
  std::uint64_t budget = bytes_.size();
  const auto first = frame_at(0, budget);
  if (!first || first->type != FrameType::header) {
    throw FormatError("journal offset 0: the header frame is damaged");
  }
  header_ = decode_header(first->payload);
  offset_ = first->size;
}

/// The frame that starts at `offset`, when it is whole and its hash is right. Hashing is paid from
/// `budget`; a frame that would overdraw it counts as valid only to whoever checks the budget.
std::optional<JournalReader::Frame> JournalReader::frame_at(std::uint64_t offset,
                                                            std::uint64_t& budget) const {
  const auto all = ledger::ByteView(bytes_).subspan(offset);
  if (all.size() < head_bytes + hash_bytes) return std::nullopt;
  ledger::ByteReader in(all, "journal frame");
  const std::uint64_t length = in.u32();
  const auto type = in.u8();
  if (type < static_cast<std::uint8_t>(FrameType::header) ||
      type > static_cast<std::uint8_t>(FrameType::evidence)) {
    return std::nullopt;
  }
  if (length > all.size() - head_bytes - hash_bytes) return std::nullopt;
  const auto covered = head_bytes + length;
  budget -= std::min(budget, covered);
  const auto hash = ledger::sha256(all.first(covered));
  if (!std::equal(hash.begin(), hash.end(), all.begin() + static_cast<std::ptrdiff_t>(covered))) {
    return std::nullopt;
  }
  return Frame{static_cast<FrameType>(type), all.subspan(head_bytes, length), covered + hash_bytes};
}

/// The next valid frame, which must not be a header.
std::optional<JournalReader::Frame> JournalReader::next_frame() {
  if (offset_ == bytes_.size() || cut_bytes_ > 0) return std::nullopt;
  std::uint64_t budget = bytes_.size();
  const auto frame = frame_at(offset_, budget);
  if (!frame) {
    cut_or_refuse();
    return std::nullopt;
  }
  if (frame->type == FrameType::header) {
    throw FormatError("journal offset " + std::to_string(offset_) + ": a second header frame");
  }
  offset_ += frame->size;
  return frame;
}

std::optional<JournalledBlock> JournalReader::next() {
  while (const auto frame = next_frame()) {
    if (frame->type == FrameType::block) return decode_journalled(frame->payload);
    evidence_.push_back(ledger::decode_evidence(frame->payload));
  }
  return std::nullopt;
}

/// A cut is only safe when no valid frame follows: a later one was acknowledged after this one.
void JournalReader::cut_or_refuse() {
  std::uint64_t budget = 64 * std::uint64_t{bytes_.size()} + (std::uint64_t{1} << 20);
  for (auto offset = offset_ + 1; offset < bytes_.size(); ++offset) {
    const bool follows = frame_at(offset, budget).has_value();
    if (follows || budget == 0) {
      throw FormatError("journal offset " + std::to_string(offset_) + ": damaged frame" +
                        (follows ? ", with a valid one after it at offset " + std::to_string(offset)
                                 : "; what follows cannot be told from frames in bounded time"));
    }
  }
  cut_bytes_ = bytes_.size() - offset_;
}

}  // namespace gridtally::archive
