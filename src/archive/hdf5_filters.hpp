#pragma once

#include <cstdint>

#include "archive/hdf5_chunks.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::archive::hdf5 {

/// HDF5's Fletcher checksum of `bytes`, taken as 16-bit words, high byte first.
std::uint32_t fletcher32(ledger::ByteView bytes);

/// Of libdeflate: half the time of zlib's level 4, and its size (FORMAT.md).
inline constexpr int deflate_level = 2;

/// `plain`, a chunk, as HDF5's shuffle, deflate and fletcher32 would store it.
ledger::Bytes encode_chunk(ledger::ByteView plain, std::size_t element_size);

/// A chunk as it was before a writer applied shuffle, deflate and fletcher32 to it. Never holds
/// more than twice the chunk: what a deflate stream expands to beyond it is refused, not allocated.
class ChunkDecoder {
 public:
  /// The chunk's grid.bytes bytes, valid until the next call. FormatError naming the chunk's place.
  ledger::ByteView decode(const Input& input, const StoredChunk& chunk, const ChunkGrid& grid);

 private:
  ledger::Bytes stored_;
  ledger::Bytes inflated_;
  ledger::Bytes plain_;
};

}  // namespace gridtally::archive::hdf5
