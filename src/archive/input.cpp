#include "archive/input.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace gridtally::archive {

namespace {
constexpr std::size_t piece_bytes = std::size_t{1} << 18;
// Larger files have few structures for their size, and an audit may hold several.
constexpr std::size_t most_at_once = std::size_t{1} << 17;
}  // namespace

Input::Input(const std::filesystem::path& path)
    : file_(std::make_shared<const File>(File::open_read(path, Links::refuse))),
      name_(path.filename().string()),
      size_(file_->size()) {
  if (size_ > most_at_once) return;
  auto bytes = std::make_shared<ledger::Bytes>(static_cast<std::size_t>(size_));
  bytes->resize(file_->read_at(0, *bytes));
  bytes_ = std::move(bytes);
  file_.reset();
}

Input::Input(ledger::Bytes bytes, std::string name)
    : bytes_(std::make_shared<const ledger::Bytes>(std::move(bytes))),
      name_(std::move(name)),
      size_(bytes_->size()) {}

Input::Input(std::shared_ptr<const File> file, std::string name, std::uint64_t first,
             std::uint64_t size)
    : file_(std::move(file)), name_(std::move(name)), first_(first), size_(size) {}

std::size_t Input::read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  const auto there = bytes_ ? bytes_->size() : size_;  // fewer when it became shorter meanwhile
  if (offset >= there) return 0;
  const auto count = std::min<std::uint64_t>(bytes.size(), there - offset);
  if (bytes_) {
    std::copy_n(bytes_->begin() + static_cast<std::ptrdiff_t>(offset), count, bytes.begin());
    return static_cast<std::size_t>(count);
  }
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
