#include "ledger/bytes.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "base/error.hpp"

namespace gridtally::ledger {
namespace {

template <typename T>
void write(T value, std::uint8_t* out) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out[i] = static_cast<std::uint8_t>((value >> (8 * i)) & 0xFFU);
  }
}

template <typename T>
void append(Bytes& bytes, T value) {
  std::array<std::uint8_t, sizeof(T)> written;
  write(value, written.data());
  bytes.insert(bytes.end(), written.begin(), written.end());
}

}  // namespace

ByteWriter& ByteWriter::u8(std::uint8_t value) {
  bytes_.push_back(value);
  return *this;
}

ByteWriter& ByteWriter::u16(std::uint16_t value) {
  append(bytes_, value);
  return *this;
}

ByteWriter& ByteWriter::u32(std::uint32_t value) {
  append(bytes_, value);
  return *this;
}

ByteWriter& ByteWriter::u64(std::uint64_t value) {
  append(bytes_, value);
  return *this;
}

ByteWriter& ByteWriter::i64(std::int64_t value) { return u64(static_cast<std::uint64_t>(value)); }

ByteWriter& ByteWriter::f64(double value) { return u64(std::bit_cast<std::uint64_t>(value)); }

ByteWriter& ByteWriter::f64s(std::span<const double> values) {
  if constexpr (std::endian::native == std::endian::little) {  // as they stand in memory
    const auto bytes = std::as_bytes(values);
    return raw({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  }
  for (const double value : values) f64(value);
  return *this;
}

ByteWriter& ByteWriter::reserve(std::size_t bytes) {
  bytes_.reserve(bytes);
  return *this;
}

ByteWriter& ByteWriter::raw(ByteView bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}

ByteWriter& ByteWriter::tag(std::string_view text) {
  bytes_.insert(bytes_.end(), text.begin(), text.end());
  return *this;
}

ByteWriter& ByteWriter::blob(ByteView bytes) {
  if (bytes.size() > UINT32_MAX) {
    throw Error("cannot encode " + std::to_string(bytes.size()) + " bytes under a u32 length");
  }
  return u32(static_cast<std::uint32_t>(bytes.size())).raw(bytes);
}

ByteWriter& ByteWriter::string(std::string_view text) {
  return u32(static_cast<std::uint32_t>(text.size())).tag(text);
}

ByteReader::ByteReader(ByteView bytes, std::string what) : bytes_(bytes), what_(std::move(what)) {}

template <typename T>
T ByteReader::integer() {
  const ByteView bytes = raw(sizeof(T));
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return static_cast<T>(value);
}

std::uint8_t ByteReader::u8() { return integer<std::uint8_t>(); }
std::uint16_t ByteReader::u16() { return integer<std::uint16_t>(); }
std::uint32_t ByteReader::u32() { return integer<std::uint32_t>(); }
std::uint64_t ByteReader::u64() { return integer<std::uint64_t>(); }
std::int64_t ByteReader::i64() { return static_cast<std::int64_t>(u64()); }
double ByteReader::f64() { return std::bit_cast<double>(u64()); }

bool ByteReader::boolean() {
  const std::uint8_t value = u8();
  if (value > 1) fail("a flag is 0 or 1, not " + std::to_string(value));
  return value == 1;
}

std::vector<double> ByteReader::f64s(std::size_t count) {
  if (count > remaining() / 8) {
    fail(std::to_string(count) + " doubles do not fit in " + std::to_string(remaining()) +
         " bytes");
  }
  std::vector<double> values(count);
  if constexpr (std::endian::native == std::endian::little) {
    const ByteView bytes = raw(8 * count);
    if (count > 0) std::memcpy(values.data(), bytes.data(), bytes.size());
  } else {
    for (double& value : values) value = f64();
  }
  return values;
}

ByteView ByteReader::raw(std::size_t size) {
  if (size > remaining()) {
    fail(std::to_string(size) + " bytes needed, " + std::to_string(remaining()) + " left");
  }
  const ByteView bytes = bytes_.subspan(offset_, size);
  offset_ += size;
  return bytes;
}

ByteView ByteReader::blob() { return raw(u32()); }

std::string ByteReader::string(std::size_t limit) {
  const std::size_t size = u32();
  if (size > limit) {
    fail("text of " + std::to_string(size) + " bytes, at most " + std::to_string(limit));
  }
  const ByteView bytes = raw(size);
  return {bytes.begin(), bytes.end()};
}

std::size_t ByteReader::count(std::size_t element_size) {
  const std::size_t count = u32();
  if (count > remaining() / element_size) {
    fail(std::to_string(count) + " elements do not fit in " + std::to_string(remaining()) +
         " bytes");
  }
  return count;
}

void ByteReader::finish() const {
  if (remaining() != 0) fail(std::to_string(remaining()) + " bytes too many");
}

void ByteReader::fail(const std::string& reason) const {
  throw FormatError(what_ + ", offset " + std::to_string(offset_) + ": " + reason);
}

}  // namespace gridtally::ledger
