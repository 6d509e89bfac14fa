#include "archive/hdf5_structures.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace gridtally::archive::hdf5 {

void fail_at(std::uint64_t offset, std::string_view what, const std::string& reason) {
  std::string text("HDF5 offset ");
  throw FormatError(text.append(std::to_string(offset)).append(", ").append(what) + ": " + reason);
}

void Cursor::fail(const std::string& reason) const { fail_at(at(), what_, reason); }

ledger::ByteView Cursor::take(std::uint64_t size) {
  if (size > remaining()) {
    fail("ends after " + std::to_string(remaining()) + " of " + std::to_string(size) + " bytes");
  }
  const auto piece = bytes_.subspan(offset_, static_cast<std::size_t>(size));
  offset_ += piece.size();
  return piece;
}

std::uint64_t Cursor::integer(std::size_t size) {
  const auto piece = take(size);
  std::uint64_t value = 0;
  for (auto i = size; i-- > 0;) value = (value << 8) | piece[i];
  return value;
}

void Cursor::signature(std::string_view letters) {
  const auto found = take(letters.size());
  if (std::equal(found.begin(), found.end(), letters.begin())) return;
  fail("no signature " + std::string(letters));
}

void Cursor::version(std::uint8_t expected) {
  const auto found = u8();
  if (found == expected) return;
  fail("version " + std::to_string(found) + " is not accepted, only " + std::to_string(expected));
}

ledger::Bytes read_exactly(const Input& input, std::string_view what, std::uint64_t at,
                           std::uint64_t size) {
  if (at > input.size() || size > input.size() - at) {
    fail_at(at, what,
            std::to_string(size) + " bytes, but the file ends at " + std::to_string(input.size()));
  }
  ledger::Bytes bytes(static_cast<std::size_t>(size));
  if (input.read_at(at, bytes) != bytes.size()) fail_at(at, what, "the file became shorter");
  return bytes;
}

void Structures::enter(std::string_view what, std::uint64_t at) {
  if (!entered_.insert(at).second) fail_at(at, what, "is reached in two ways or in a circle");
}

ledger::Bytes Structures::read(std::string_view what, std::uint64_t at, std::uint64_t size) {
  if (size > left_) fail_at(at, what, "the file's headers are larger than any that is accepted");
  left_ -= size;
  return read_exactly(input_, what, at, size);
}

}  // namespace gridtally::archive::hdf5
