#include "archive/journal.hpp"

#include <algorithm>
#include <array>

#include "archive/layout.hpp"
#include "base/error.hpp"

namespace gridtally::archive {

namespace {
constexpr std::uint64_t head_bytes = 13;  // length u32, type u8, synced u64
constexpr std::uint64_t hash_bytes = 32;
constexpr std::uint64_t largest_file = std::uint64_t{1} << 48;
constexpr std::size_t piece_bytes = std::size_t{1} << 18;  // read, hashed or copied at a time

ledger::Bytes frame(FrameType type, std::uint64_t synced, ledger::ByteView payload) {
  if (payload.size() > largest_payload) {
    throw FormatError(std::to_string(payload.size()) + " bytes do not fit a journal frame");
  }
  ledger::ByteWriter out;
  out.u32(static_cast<std::uint32_t>(payload.size())).u8(static_cast<std::uint8_t>(type));
  out.u64(synced).raw(payload);
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

/// Calls `use` with [from, from + size) of `input`, piece by piece; false when it ends before.
template <class Use>
bool for_each_piece(const Input& input, std::uint64_t from, std::uint64_t size, const Use& use) {
  ledger::Bytes piece(static_cast<std::size_t>(std::min<std::uint64_t>(size, piece_bytes)));
  while (size > 0) {
    const std::span<std::uint8_t> part(piece.data(), std::min<std::uint64_t>(size, piece.size()));
    if (input.read_at(from, part) != part.size()) return false;
    use(part);
    from += part.size();
    size -= part.size();
  }
  return true;
}
}  // namespace

JournalWriter JournalWriter::start(const std::filesystem::path& path, const JournalHeader& header) {
  const auto bytes = frame(FrameType::header, 0, encode(header));
  write_file_durably(path, bytes);
  return {File::open_append(path), bytes.size()};
}

JournalWriter JournalWriter::go_on(const std::filesystem::path& path, std::uint64_t size) {
  auto temporary = path;
  temporary += ".tmp";
  remove_file(temporary);
  File copy = File::create(temporary, 0644);
  const bool whole =
      for_each_piece(Input(path), 0, size, [&](ledger::ByteView piece) { copy.write(piece); });
  if (!whole) throw IoError("'" + path.string() + "' became shorter while it was read");
  copy.sync();
  copy.close();
  rename_file(temporary, path);
  sync_folder(path.parent_path());
  return {File::open_append(path), size};
}

void JournalWriter::append(FrameType type, ledger::ByteView payload) {
  const auto bytes = frame(type, synced_, payload);
  file_.write(bytes);
  size_ += bytes.size();
}

void JournalWriter::append(const ledger::CommittedBlock& block, double commit_time) {
  ledger::ByteWriter payload;
  payload.f64(commit_time).raw(ledger::encode(block));
  append(FrameType::block, payload.bytes());
}

void JournalWriter::append(const ledger::Evidence& evidence) {
  append(FrameType::evidence, ledger::encode(evidence));
}

void JournalWriter::sync() {
  file_.sync_data();
  synced_ = size_;
}

void JournalWriter::close() { file_.close(); }

JournalReader::JournalReader(Input input) : input_(std::move(input)), size_(input_.size()) {
  if (load(0) != FrameType::header) fail(0, "the header frame is damaged");
  header_ = decode_header(payload_);
}

void JournalReader::fail(std::uint64_t offset, const std::string& reason) const {
  throw FormatError(input_.name() + " offset " + std::to_string(offset) + ": " + reason);
}

/// What `bytes`, which stand at `offset`, say where they could begin a frame within the file.
std::optional<JournalReader::Head> JournalReader::head_of(ledger::ByteView bytes,
                                                          std::uint64_t offset) const {
  if (bytes.size() < head_bytes || size_ - offset < head_bytes + hash_bytes) return std::nullopt;
  const auto type = bytes[4];
  if (type < static_cast<std::uint8_t>(FrameType::header) ||
      type > static_cast<std::uint8_t>(FrameType::evidence)) {
    return std::nullopt;
  }
  ledger::ByteReader in(bytes, "journal frame");
  const std::uint64_t length = in.u32();
  in.u8();
  const auto synced = in.u64();
  const auto room = size_ - offset - head_bytes - hash_bytes;
  if (synced > largest_file || length > std::min(largest_payload, room)) return std::nullopt;
  return Head{static_cast<FrameType>(type), length, synced};
}

bool JournalReader::is_hashed(std::uint64_t offset, const Head& head) const {
  ledger::Sha256 hash;
  const auto covered = head_bytes + head.length;
  const auto add = [&](ledger::ByteView piece) { hash.update(piece); };
  ledger::Digest stored;
  return for_each_piece(input_, offset, covered, add) &&
         input_.read_at(offset + covered, stored) == stored.size() && hash.finish() == stored;
}

/// Takes the frame at `offset` when it is whole and its hash is right.
std::optional<FrameType> JournalReader::load(std::uint64_t offset) {
  std::array<std::uint8_t, head_bytes> bytes{};
  const auto found = input_.read_at(offset, bytes);
  const auto head = head_of(ledger::ByteView(bytes).first(found), offset);
  if (!head || head->synced > offset || !is_hashed(offset, *head)) return std::nullopt;
  payload_.resize(static_cast<std::size_t>(head->length));
  if (input_.read_at(offset + head_bytes, payload_) != payload_.size()) return std::nullopt;
  offset_ = offset + head_bytes + head->length + hash_bytes;
  return head->type;
}

/// The next valid frame, which must not be a header.
std::optional<FrameType> JournalReader::next_frame() {
  if (offset_ == size_ || cut_bytes_ > 0) return std::nullopt;
  const auto at = offset_;
  const auto type = load(at);
  if (!type) cut_or_refuse();
  if (type == FrameType::header) fail(at, "a second header frame");
  return type;
}

std::optional<JournalledBlock> JournalReader::next() {
  while (const auto type = next_frame()) {
    if (type == FrameType::block) return decode_journalled(payload_);
    evidence_bytes_ += payload_.size();
    evidence_.push_back(ledger::decode_evidence(payload_));
    if (evidence_.size() > most_evidence || evidence_bytes_ > 2 * most_evidence_bytes) {
      fail(offset_, "more evidence than an archive keeps");
    }
  }
  return std::nullopt;
}

/// A cut is only safe when nothing that follows was written after a sync of what is cut, or of what
/// is missing before it.
void JournalReader::cut_or_refuse() {
  std::uint64_t budget = 64 * size_ + (std::uint64_t{1} << 20);
  ledger::Bytes window(piece_bytes + head_bytes);
  for (auto from = offset_; from < size_; from += piece_bytes) {
    const auto found = ledger::ByteView(window).first(input_.read_at(from, window));
    for (std::size_t i = 0; i < std::min(piece_bytes, found.size()); ++i) {
      refuse_if_valid(from + i, found.subspan(i), budget);
    }
  }
  cut_bytes_ = size_ - offset_;
}

/// Hashing is paid from `budget`.
void JournalReader::refuse_if_valid(std::uint64_t offset, ledger::ByteView bytes,
                                    std::uint64_t& budget) const {
  const auto head = head_of(bytes, offset);
  if (!head || head->synced <= offset_) return;
  // Bytes in what was torn, which a meter may have chosen.
  if (head->synced > offset && offset > offset_) return;
  const auto cost = head_bytes + head->length;
  if (cost > budget) {
    fail(offset_, "damaged frame; what follows cannot be told from frames in bounded time");
  }
  budget -= cost;
  if (!is_hashed(offset, *head)) return;
  if (offset == offset_) {
    fail(offset_, "frames are missing or out of order: the one here says that " +
                      std::to_string(head->synced) + " bytes stood before it");
  }
  fail(offset_, "damaged frame, with a valid one after it at offset " + std::to_string(offset));
}

}  // namespace gridtally::archive
