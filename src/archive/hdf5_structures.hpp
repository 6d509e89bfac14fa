#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "archive/input.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::archive::hdf5 {

/// What stands for no address in a file.
inline constexpr std::uint64_t no_address = ~std::uint64_t{0};

/// Bytes of a file in memory, decoded front to back, little-endian. FormatError names the place in
/// the file, also of a read past the end.
class Cursor {
 public:
  /// `bytes` stand in the file at `at`, and must outlive the cursor.
  Cursor(ledger::ByteView bytes, std::uint64_t at, std::string_view what)
      : bytes_(bytes), at_(at), what_(what) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(integer(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(integer(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(integer(4)); }
  std::uint64_t u64() { return integer(8); }
  ledger::ByteView take(std::uint64_t size);
  void skip(std::uint64_t size) { take(size); }
  /// The four letters of a structure.
  void signature(std::string_view letters);
  /// The next byte, which must be this.
  void version(std::uint8_t expected);
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - offset_; }
  /// In the file.
  [[nodiscard]] std::uint64_t at() const { return at_ + offset_; }
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  std::uint64_t integer(std::size_t size);

  ledger::ByteView bytes_;
  std::uint64_t at_;
  std::string what_;
  std::size_t offset_ = 0;
};

[[noreturn]] void fail_at(std::uint64_t offset, std::string_view what, const std::string& reason);

/// Bytes [at, at + size) of the file; FormatError when it does not have them all.
ledger::Bytes read_exactly(const Input& input, std::string_view what, std::uint64_t at,
                           std::uint64_t size);

/// The structures of one file that say where its data are: each is read once, and all of them
/// together are bounded, so that no file leads a reader in circles.
class Structures {
 public:
  explicit Structures(const Input& input) : input_(input) {}
  /// FormatError when a structure at this address was entered before.
  void enter(std::string_view what, std::uint64_t at);
  /// As read_exactly, within what is left to be read.
  ledger::Bytes read(std::string_view what, std::uint64_t at, std::uint64_t size);

 private:
  const Input& input_;
  std::set<std::uint64_t> entered_;
  std::uint64_t left_ = std::uint64_t{16} << 20;
};

}  // namespace gridtally::archive::hdf5
