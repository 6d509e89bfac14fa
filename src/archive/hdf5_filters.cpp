#include "archive/hdf5_filters.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <memory>

#include "base/error.hpp"

namespace gridtally::archive::hdf5 {

namespace {
constexpr const char* what = "chunk";
constexpr std::size_t checksum_bytes = 4;
constexpr std::uint32_t without_deflate = 2;  // bit of StoredChunk::left_out: what would not shrink

/// What deflate makes of `bytes` at the worst, of any implementation.
std::uint64_t most_stored(std::uint64_t bytes) { return bytes + bytes / 8 + 64 + checksum_bytes; }

std::uint64_t folded(std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

struct Free {
  void operator()(libdeflate_compressor* owned) const { libdeflate_free_compressor(owned); }
  void operator()(libdeflate_decompressor* owned) const { libdeflate_free_decompressor(owned); }
};

// Made once a thread.
libdeflate_compressor* own_compressor() {
  thread_local const std::unique_ptr<libdeflate_compressor, Free> own(
      libdeflate_alloc_compressor(deflate_level));
  if (own == nullptr) throw Error("libdeflate cannot begin to deflate");
  return own.get();
}
libdeflate_decompressor* own_decompressor() {
  thread_local const std::unique_ptr<libdeflate_decompressor, Free> own(
      libdeflate_alloc_decompressor());
  if (own == nullptr) throw Error("libdeflate cannot begin to inflate");
  return own.get();
}

/// True when all of `in` is one stream that fills `out` and no more.
bool inflate(ledger::ByteView in, ledger::Bytes& out) {
  std::size_t read = 0;
  return libdeflate_zlib_decompress_ex(own_decompressor(), in.data(), in.size(), out.data(),
                                       out.size(), &read, nullptr) == LIBDEFLATE_SUCCESS &&
         read == in.size();
}

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
  auto* compressor = own_compressor();
  const auto most = libdeflate_zlib_compress_bound(compressor, planes.size());
  ledger::Bytes stored(most + checksum_bytes);
  const auto size =
      libdeflate_zlib_compress(compressor, planes.data(), planes.size(), stored.data(), most);
  if (size == 0) {
    throw Error("libdeflate cannot deflate " + std::to_string(planes.size()) + " bytes");
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
    if (!inflate(data, inflated_)) {
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
