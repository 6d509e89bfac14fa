#include "ledger/sha256.hpp"

#include <openssl/sha.h>

#include <algorithm>

#include "base/text.hpp"

namespace gridtally::ledger {
namespace {

ByteView text_view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

Digest sha256(ByteView bytes) {
  Digest digest;
  SHA256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

Digest sha256(std::initializer_list<ByteView> parts) {
  std::size_t size = 0;
  for (const ByteView part : parts) size += part.size();
  std::array<std::uint8_t, 256> small{};
  Bytes large(size > small.size() ? size : 0);
  std::uint8_t* const joined = large.empty() ? small.data() : large.data();
  std::uint8_t* end = joined;
  for (const ByteView part : parts) end = std::copy(part.begin(), part.end(), end);
  return sha256(ByteView(joined, size));
}

std::string to_hex(const Digest& digest) { return gridtally::to_hex(std::span(digest)); }

Digest derive_salt(const Digest& salt_key, std::uint32_t prosumer, std::uint32_t day, SaltKind kind,
                   std::uint32_t index) {
  ByteWriter writer;
  writer.tag("gridtally-salt").raw(salt_key).u32(prosumer).u32(day);
  writer.u8(static_cast<std::uint8_t>(kind)).u32(index);
  return sha256(writer.bytes());
}

Digest commitment(const Digest& salt, ByteView bytes) {
  return sha256({text_view("gridtally-commit"), salt, bytes});
}

}  // namespace gridtally::ledger
