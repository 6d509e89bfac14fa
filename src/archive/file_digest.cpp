#include "archive/file_digest.hpp"

#include "base/file.hpp"

namespace gridtally::archive {

namespace {
constexpr std::size_t piece_bytes = std::size_t{1} << 18;
}

ledger::Digest file_digest(const std::filesystem::path& path) {
  const File file = File::open_read(path);
  (void)file.size();  // refuses what is not a regular file
  ledger::Sha256 hash;
  ledger::Bytes piece(piece_bytes);
  std::uint64_t offset = 0;
  while (const auto found = file.read_at(offset, piece)) {
    hash.update(ledger::ByteView(piece).first(found));
    offset += found;
  }
  return hash.finish();
}

}  // namespace gridtally::archive
