#include "archive/input.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace gridtally::archive {

namespace {
constexpr std::size_t piece_bytes = std::size_t{1} << 18;
}

Input::Input(const std::filesystem::path& path)
    : file_(std::make_shared<const File>(File::open_read(path, Links::refuse))),
      name_(path.filename().string()),
      size_(file_->size()) {}

Input::Input(std::shared_ptr<const File> file, std::string name, std::uint64_t first,
             std::uint64_t size)
    : file_(std::move(file)), name_(std::move(name)), first_(first), size_(size) {}

std::size_t Input::read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  if (offset >= size_) return 0;
  const auto count = std::min<std::uint64_t>(bytes.size(), size_ - offset);
  return file_->read_at(first_ + offset, bytes.first(static_cast<std::size_t>(count)));
}

ledger::Bytes Input::read_all(std::uint64_t limit) const {
  if (size_ > limit) {
    throw IoError("'" + name_ + "' has " + std::to_string(size_) + " bytes, more than the " +
                  std::to_string(limit) + " allowed here");
  }
  ledger::Bytes bytes(static_cast<std::size_t>(size_));
  bytes.resize(read_at(0, bytes));
  return bytes;
}

ledger::Digest digest_of(const Input& input) {
  ledger::Sha256 hash;
  ledger::Bytes piece(piece_bytes);
  std::uint64_t offset = 0;
  while (const auto found = input.read_at(offset, piece)) {
    hash.update(ledger::ByteView(piece).first(found));
    offset += found;
  }
  return hash.finish();
}

}  // namespace gridtally::archive
