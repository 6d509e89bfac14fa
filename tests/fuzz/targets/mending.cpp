#include "fuzz/targets/mending.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "archive/hdf5_filters.hpp"
#include "archive/manifest.hpp"
#include "archive/output_folder.hpp"
#include "archive/tar_header.hpp"
#include "base/error.hpp"

namespace gridtally::fuzz {

namespace {

using ledger::Bytes;
using ledger::ByteView;

constexpr std::size_t hash_bytes = 32;

void copy_to(Bytes& bytes, std::size_t at, ByteView piece) {
  std::copy(piece.begin(), piece.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

/// Writes the hash of `size` bytes from `at` on behind them; false where there is no room for it.
bool hash_piece(Bytes& bytes, std::size_t at, std::size_t size) {
  if (at > bytes.size() || bytes.size() - at < hash_bytes) return false;
  if (size > bytes.size() - at - hash_bytes) return false;
  copy_to(bytes, at + size, ledger::sha256(ByteView(bytes).subspan(at, size)));
  return true;
}

std::uint64_t number_at(const Bytes& bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (auto i = size; i-- > 0;) value = (value << 8) | bytes[at + i];
  return value;
}

}  // namespace

void sign_manifest(Files& files) {
  const auto& text = files["manifest"];
  try {
    auto manifest =
        archive::parse_manifest({reinterpret_cast<const char*>(text.data()), text.size()});
    for (auto& segment : manifest.segments) {
      const auto file = files.find(segment.name);
      if (file != files.end()) segment.sha256 = ledger::sha256(file->second);
    }
    const auto signed_text =
        archive::sign_manifest(std::move(manifest), material().chain.validator_keys[0]);
    files["manifest"] = {signed_text.begin(), signed_text.end()};
  } catch (const FormatError&) {
    return;
  }
}

void hash_frames(Bytes& bytes, std::size_t head) {
  for (std::size_t at = 0; bytes.size() - at >= head + hash_bytes;) {
    const std::size_t covered = head + number_at(bytes, at, 4);
    if (!hash_piece(bytes, at, covered)) return;
    at += covered + hash_bytes;
  }
}

void hash_days(Bytes& bytes, std::size_t day_bytes) {
  constexpr std::size_t header_bytes = 64;
  if (!hash_piece(bytes, 0, header_bytes)) return;
  std::size_t at = header_bytes + hash_bytes;
  while (hash_piece(bytes, at, day_bytes)) at += day_bytes + hash_bytes;
}

namespace {

/// What an entry of an index says of a chunk.
struct ChunkEntry {
  std::size_t at;
  std::size_t size;
};

constexpr std::size_t node_head = 24;

/// Size u32, mask u32, place along each axis and within the element u64 each, address u64.
std::size_t entry_bytes(std::size_t axes) { return 8 + 8 * (axes + 1) + 8; }

/// Nothing when it cannot be the entry of a chunk with so many axes.
std::optional<ChunkEntry> entry_at(const Bytes& bytes, std::size_t at, std::size_t axes) {
  constexpr std::size_t superblock = 96;
  const auto end = at + entry_bytes(axes);
  if (end > bytes.size()) return std::nullopt;
  const ChunkEntry entry{number_at(bytes, end - 8, 8), number_at(bytes, at, 4)};
  const bool within = entry.at >= superblock && entry.at <= bytes.size() &&
                      entry.size <= bytes.size() - entry.at && entry.size >= 4;
  if (number_at(bytes, end - 16, 8) != 0 || !within) return std::nullopt;
  return entry;
}

void sum_chunk(Bytes& bytes, const ChunkEntry& entry) {
  const auto data = ByteView(bytes).subspan(entry.at, entry.size - 4);
  const auto sum = archive::hdf5::fletcher32(data);
  ledger::ByteWriter out;
  copy_to(bytes, entry.at + data.size(), out.u32(sum).bytes());
}

/// The node at `at`, a leaf of an index of chunks. How many axes these have it does not say: as
/// many as make its first entry one.
void sum_node(Bytes& bytes, std::size_t at) {
  constexpr std::size_t most_axes = 3;
  constexpr std::uint64_t most_used = 64;  // none of the seeds' has more
  if (at + node_head > bytes.size()) return;
  const auto used = std::min(number_at(bytes, at + 6, 2), most_used);
  for (std::size_t axes = 1; axes <= most_axes; ++axes) {
    if (!entry_at(bytes, at + node_head, axes)) continue;
    for (std::size_t i = 0; i < used; ++i) {
      const auto entry = entry_at(bytes, at + node_head + i * entry_bytes(axes), axes);
      if (entry) sum_chunk(bytes, *entry);
    }
    return;
  }
}

}  // namespace

void sum_chunks(Bytes& bytes) {
  constexpr std::string_view leaf("TREE\1\0", 6);
  for (auto at = bytes.begin();; ++at) {
    at = std::search(at, bytes.end(), leaf.begin(), leaf.end());
    if (at == bytes.end()) return;
    sum_node(bytes, static_cast<std::size_t>(at - bytes.begin()));
  }
}

namespace {

/// What a header says of a size, each byte taken for a digit.
std::size_t size_of_member(const Bytes& bytes, std::size_t header) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < 11; ++i) size = (size << 3) | (bytes[header + 124 + i] & 7U);
  return size;
}

std::string name_of_member(const Bytes& bytes, std::size_t header) {
  const auto* name = reinterpret_cast<const char*>(bytes.data() + header);
  return {name, ::strnlen(name, 100)};
}

}  // namespace

void mend_pack(Bytes& bytes) {
  Files files;
  std::size_t manifest_at = 0;
  for (std::size_t at = 0; bytes.size() - at > archive::tar_block && bytes[at] != 0;) {
    const auto name = name_of_member(bytes, at);
    const auto size = size_of_member(bytes, at);
    copy_to(bytes, at, archive::tar_header(name, size));
    at += archive::tar_block;
    if (size > bytes.size() - at) break;
    const auto content = ByteView(bytes).subspan(at, size);
    files[name] = {content.begin(), content.end()};
    if (name == archive::manifest_name) manifest_at = at;
    at = std::min(bytes.size(), at + size + archive::tar_padding(size));
  }
  if (manifest_at == 0) return;
  const auto size = files[archive::manifest_name].size();
  sign_manifest(files);
  const auto& manifest = files[archive::manifest_name];
  if (manifest.size() == size) copy_to(bytes, manifest_at, manifest);
}

}  // namespace gridtally::fuzz
