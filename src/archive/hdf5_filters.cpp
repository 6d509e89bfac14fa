#include "archive/hdf5_filters.hpp"

#include <zlib.h>

#include <algorithm>

#include "base/error.hpp"

namespace gridtally::archive::hdf5 {

namespace {
constexpr const char* what = "chunk";
constexpr std::size_t checksum_bytes = 4;
constexpr int deflate_level = 4;
constexpr std::uint32_t without_deflate = 2;  // bit of StoredChunk::left_out: what would not shrink

/// What deflate makes of `bytes` at the worst, of any implementation.
std::uint64_t most_stored(std::uint64_t bytes) { return bytes + bytes / 8 + 64 + checksum_bytes; }

std::uint64_t folded(std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

/// Owns a stream of zlib.
class Inflater {
 public:
  Inflater() {
    if (inflateInit(&stream_) != Z_OK) throw Error("zlib cannot begin to inflate");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// True when all of `in` is one stream that fills `out` and no more.
  bool fill(ledger::ByteView in, ledger::Bytes& out) {
    stream_.next_in = const_cast<Bytef*>(in.data());  // zlib reads it only
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    return inflate(&stream_, Z_FINISH) == Z_STREAM_END && stream_.avail_in == 0 &&
           stream_.avail_out == 0;
  }

 private:
  z_stream stream_{};
};

/// First bytes of all elements, then all second bytes, and so on.
ledger::Bytes shuffled(ledger::ByteView plain, std::size_t element_size) {
  const auto elements = plain.size() / element_size;
  ledger::Bytes planes(plain.size());
  for (std::size_t byte = 0; byte < element_size; ++byte) {
    auto* plane = planes.data() + byte * elements;
    const auto* at = plain.data() + byte;
    for (std::size_t i = 0; i < elements; ++i, at += element_size) plane[i] = *at;
  }
  return planes;
}

/// Undoes shuffle.
void unshuffle(ledger::ByteView planes, std::size_t element_size, ledger::Bytes& out) {
  const auto elements = planes.size() / element_size;
  out.resize(planes.size());
  for (std::size_t byte = 0; byte < element_size; ++byte) {
    const auto* plane = planes.data() + byte * elements;
    auto* at = out.data() + byte;
    for (std::size_t i = 0; i < elements; ++i, at += element_size) *at = plane[i];
  }
}

ledger::ByteView checked(ledger::ByteView stored, std::uint64_t at) {
  const auto data = stored.first(stored.size() - checksum_bytes);
  const auto expected = Cursor(stored.last(checksum_bytes), at + data.size(), what).u32();
  if (fletcher32(data) != expected) {
    fail_at(at, what, "damaged: its checksum (fletcher32) differs");
  }
  return data;
}
}  // namespace

std::uint32_t fletcher32(ledger::ByteView bytes) {
  constexpr std::size_t between_folds = 4096;  // words: the sums stay below 2^44
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  const auto words = bytes.size() / 2;
  for (std::size_t i = 0; i < words; ++i) {
    first += (std::uint64_t{bytes[2 * i]} << 8) | bytes[2 * i + 1];
    second += first;
    if (i % between_folds == between_folds - 1) {
      first = folded(first);
      second = folded(second);
    }
  }
  if (bytes.size() % 2 == 1) {
    first += std::uint64_t{bytes.back()} << 8;
    second += first;
  }
  return static_cast<std::uint32_t>((folded(second) << 16) | folded(first));
}

ledger::Bytes encode_chunk(ledger::ByteView plain, std::size_t element_size) {
  const auto planes = shuffled(plain, element_size);
  auto size = compressBound(planes.size());
  ledger::Bytes stored(size + checksum_bytes);
  if (compress2(stored.data(), &size, planes.data(), planes.size(), deflate_level) != Z_OK) {
    throw Error("zlib cannot deflate " + std::to_string(planes.size()) + " bytes");
  }
  stored.resize(size);
  const auto sum = fletcher32(stored);
  for (std::size_t i = 0; i < checksum_bytes; ++i) {
    stored.push_back(static_cast<std::uint8_t>(sum >> (8 * i)));
  }
  return stored;
}

ledger::ByteView ChunkDecoder::decode(const Input& input, const StoredChunk& chunk,
                                      const ChunkGrid& grid) {
  const auto fail = [&](const std::string& reason) { fail_at(chunk.at, what, reason); };
  if (chunk.size < checksum_bytes || chunk.size > most_stored(grid.bytes)) {
    fail("of " + std::to_string(chunk.size) + " bytes for " + std::to_string(grid.bytes));
  }
  if ((chunk.left_out & ~without_deflate) != 0) fail("without its shuffle or its checksum");
  stored_ = read_exactly(input, what, chunk.at, chunk.size);
  auto data = checked(stored_, chunk.at);
  if ((chunk.left_out & without_deflate) == 0) {
    inflated_.resize(static_cast<std::size_t>(grid.bytes));
    if (!Inflater().fill(data, inflated_)) {
      fail("damaged: does not inflate to its " + std::to_string(grid.bytes) + " bytes");
    }
    data = inflated_;
  }
  if (data.size() != grid.bytes) fail("has " + std::to_string(data.size()) + " bytes");
  if (grid.element_size == 1) return data;
  unshuffle(data, grid.element_size, plain_);
  return plain_;
}

}  // namespace gridtally::archive::hdf5
