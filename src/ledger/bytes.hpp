#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridtally::ledger {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Appends the canonical encoding: little-endian integers, IEEE-754 bits, u32 length prefixes.
class ByteWriter {
 public:
  ByteWriter& u8(std::uint8_t value);
  ByteWriter& u16(std::uint16_t value);
  ByteWriter& u32(std::uint32_t value);
  ByteWriter& u64(std::uint64_t value);
  ByteWriter& i64(std::int64_t value);
  ByteWriter& f64(double value);
  ByteWriter& f64s(std::span<const double> values);  ///< the bits only, no count
  ByteWriter& raw(ByteView bytes);                   ///< the bytes only, no length
  ByteWriter& tag(std::string_view text);            ///< the letters only, no length
  ByteWriter& blob(ByteView bytes);                  ///< u32 length, bytes
  ByteWriter& string(std::string_view text);         ///< u32 length, letters
  ByteWriter& reserve(std::size_t bytes);            ///< room for so many in all

  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] Bytes take() { return std::move(bytes_); }
  void clear() { bytes_.clear(); }  ///< keeps the room

 private:
  Bytes bytes_;
};

/// Reads the canonical encoding. Every overrun or odd value throws FormatError naming `what` and
/// the offset. Nothing is allocated from a length before the bytes are known to be there.
class ByteReader {
 public:
  /// `bytes` must outlive the reader. `what` names the thing read in messages.
  ByteReader(ByteView bytes, std::string what);

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  std::int64_t i64();
  double f64();
  bool boolean();  ///< a u8 that must be 0 or 1
  std::vector<double> f64s(std::size_t count);
  ByteView raw(std::size_t size);
  ByteView blob();
  std::string string(std::size_t limit);
  /// A u32 count of elements that take at least `element_size` bytes each; must fit in the rest.
  std::size_t count(std::size_t element_size);
  template <std::size_t N>
  std::array<std::uint8_t, N> array();

  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - offset_; }
  /// Refuses trailing bytes.
  void finish() const;
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  template <typename T>
  T integer();

  ByteView bytes_;
  std::size_t offset_ = 0;
  std::string what_;
};

template <std::size_t N>
std::array<std::uint8_t, N> ByteReader::array() {
  const ByteView bytes = raw(N);
  std::array<std::uint8_t, N> out;
  for (std::size_t i = 0; i < N; ++i) out[i] = bytes[i];
  return out;
}

}  // namespace gridtally::ledger
