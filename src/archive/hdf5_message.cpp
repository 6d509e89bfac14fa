#include "archive/hdf5_message.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/error.hpp"

namespace gridtally::archive::hdf5 {

namespace {
constexpr std::uint8_t most_axes = 8;
constexpr std::size_t most_attribute_text = 4096;  // bytes
constexpr std::size_t most_name = 256;             // bytes of an attribute's name

const char* class_name(unsigned type_class) {
  constexpr std::array names{"fixed-point number",
                             "floating-point number",
                             "time",
                             "text",
                             "bit field",
                             "opaque (user-defined) type",
                             "compound (user-defined) type",
                             "reference",
                             "enumeration (user-defined) type",
                             "variable-length type",
                             "array type"};
  return type_class < names.size() ? names.at(type_class) : "unknown type";
}

Type integer_type(Cursor& in, std::uint32_t bits, std::uint32_t size) {
  const bool is_signed = bits == 8;
  const auto offset = in.u16();
  const auto precision = in.u16();
  if ((bits == 0 || is_signed) && offset == 0 && precision == 8 * size) {
    if (size == 8) return is_signed ? Type::i64 : Type::u64;
    if (size == 4 && !is_signed) return Type::u32;
    if (size == 1 && !is_signed) return Type::u8;
  }
  in.fail("an integer of " + std::to_string(size) +
          " bytes that is not u8, u32, u64 or i64, little-endian");
}

/// IEEE 754 binary64, little-endian: where its sign, exponent and mantissa are.
Type real_type(Cursor& in, std::uint32_t bits, std::uint32_t size) {
  const auto offset = in.u16();
  const auto precision = in.u16();
  const std::array layout{in.u8(), in.u8(), in.u8(), in.u8()};
  const auto bias = in.u32();
  if (bits == 0x3f20 && size == 8 && offset == 0 && precision == 64 &&
      layout == std::array<std::uint8_t, 4>{52, 11, 0, 52} && bias == 1023) {
    return Type::f64;
  }
  in.fail("a floating-point number of " + std::to_string(size) +
          " bytes that is not f64, little-endian");
}

Type text_type(const Cursor& in, std::uint32_t bits, std::uint32_t size) {
  const auto padding = bits & 0xfU;
  const auto letters = bits >> 4U;
  if (padding > 1 || letters > 1 || size == 0) in.fail("text of an unknown padding or alphabet");
  return Type::text;
}
}  // namespace

Element decode_type(Cursor& in) {
  const auto head = in.u32();
  const auto size = in.u32();
  const auto type_class = head & 0xfU;
  const auto version = (head >> 4U) & 0xfU;
  const auto bits = head >> 8U;
  if (version < 1 || version > 3) in.fail("a datatype of version " + std::to_string(version));
  switch (type_class) {
    case 0:
      return {integer_type(in, bits, size), size};
    case 1:
      return {real_type(in, bits, size), size};
    case 3:
      return {text_type(in, bits, size), size};
    default:
      in.fail(std::string(class_name(type_class)) + ": not accepted");
  }
}

namespace {
/// After the version: how many axes, and whether their greatest lengths are given.
std::pair<std::uint8_t, bool> space_head(Cursor& in, std::uint8_t version) {
  const auto axes = in.u8();
  const auto flags = in.u8();
  if (axes > most_axes) in.fail("a rank of " + std::to_string(axes));
  if (flags > 1) in.fail("a permuted dataspace: not accepted");
  const auto kind = in.u8();
  if (version == 1) in.skip(4);
  if (version == 2 && kind != (axes == 0 ? 0 : 1)) in.fail("an empty (null) dataspace");
  return {axes, flags == 1};
}
}  // namespace

Shape decode_space(Cursor& in) {
  const auto version = in.u8();
  if (version != 1 && version != 2) in.fail("a dataspace of version " + std::to_string(version));
  const auto [axes, bounded] = space_head(in, version);
  Shape shape(axes);
  for (auto& extent : shape) extent = in.u64();
  for (std::size_t axis = 0; bounded && axis < axes; ++axis) {
    if (in.u64() != shape[axis]) in.fail("a dataset that may grow: not accepted");
  }
  return shape;
}

namespace {
Layout decode_chunked(Cursor& in) {
  Layout layout;
  layout.chunked = true;
  const auto axes = in.u8();
  if (axes < 2 || axes > most_axes + 1) in.fail("chunks of rank " + std::to_string(axes));
  layout.address = in.u64();
  for (std::uint8_t axis = 0; axis + 1 < axes; ++axis) layout.chunk.push_back(in.u32());
  layout.element_size = in.u32();
  return layout;
}
}  // namespace

Layout decode_layout(Cursor& in) {
  const auto version = in.u8();
  const auto kind = in.u8();
  if (version == 4 && kind == 3) in.fail("virtual dataset: not accepted");
  if (version != 3) in.fail("a layout of version " + std::to_string(version) + ": not accepted");
  if (kind == 2) return decode_chunked(in);
  if (kind != 1) in.fail("compact or unknown storage: not accepted");
  Layout layout;
  layout.address = in.u64();
  layout.size = in.u64();
  return layout;
}

namespace {
Filter decode_filter(Cursor& in) {
  const auto id = in.u16();
  const auto name_size = in.u16();
  in.skip(2);
  const auto values = in.u16();
  if (id < 1 || id > 3) {
    in.fail("filter " + std::to_string(id) + " is not accepted, only shuffle, deflate, fletcher32");
  }
  const auto filter = static_cast<Filter>(id);
  if (values != (filter == Filter::fletcher32 ? 0 : 1)) {
    in.fail(std::to_string(values) + " values for filter " + std::to_string(id));
  }
  in.skip(name_size);
  in.skip(std::uint64_t{8} * values);  // one, padded
  return filter;
}
}  // namespace

std::vector<Filter> decode_filters(Cursor& in) {
  in.version(1);
  const auto count = in.u8();
  in.skip(6);
  std::vector<Filter> filters;
  for (std::uint8_t i = 0; i < count; ++i) filters.push_back(decode_filter(in));
  return filters;
}

namespace {
ledger::Bytes copy_of(ledger::ByteView bytes) { return {bytes.begin(), bytes.end()}; }

std::string decode_name(Cursor& in, std::uint64_t size, std::uint64_t padded) {
  const auto bytes = in.take(padded);
  if (size == 0 || size > most_name) in.fail("a name of " + std::to_string(size) + " bytes");
  const auto letters = bytes.first(static_cast<std::size_t>(size) - 1);
  const bool ended = bytes[letters.size()] == 0;
  if (!ended || std::find(letters.begin(), letters.end(), std::uint8_t{0}) != letters.end()) {
    in.fail("a name that does not end where it says");
  }
  return {letters.begin(), letters.end()};
}
}  // namespace

Attribute decode_attribute(const Message& message) {
  auto in = message.cursor("attribute");
  const auto version = in.u8();
  if (version < 1 || version > 3) in.fail("version " + std::to_string(version));
  const auto flags = in.u8();
  if (version > 1 && flags != 0) in.fail("of a shared, named (user-defined) type: not accepted");
  const std::uint64_t name_size = in.u16();
  const std::uint64_t type_size = in.u16();
  const std::uint64_t space_size = in.u16();
  if (version == 3) in.skip(1);
  const auto padded = [&](std::uint64_t size) { return version == 1 ? (size + 7) / 8 * 8 : size; };
  Attribute attribute;
  attribute.at = message.at;
  attribute.name = decode_name(in, name_size, padded(name_size));
  attribute.type = copy_of(in.take(padded(type_size)));
  attribute.space = copy_of(in.take(padded(space_size)));
  attribute.value_at = in.at();
  attribute.value = copy_of(in.take(in.remaining()));
  return attribute;
}

namespace {
/// The bytes of the one value of an attribute.
ledger::ByteView scalar(const Attribute& attribute, Type type) {
  const auto what = "attribute " + attribute.name;
  Cursor type_in(attribute.type, attribute.at, what);
  Cursor space_in(attribute.space, attribute.at, what);
  Cursor value_in(attribute.value, attribute.at, what);
  const auto element = decode_type(type_in);
  if (element.type != type) value_in.fail("not of the expected type, " + name(type));
  if (!decode_space(space_in).empty()) value_in.fail("not a scalar");
  if (element.size > most_attribute_text) value_in.fail("not a short text");
  return value_in.take(element.size);
}

std::uint64_t bits_of(const Attribute& attribute, Type type) {
  return Cursor(scalar(attribute, type), attribute.at, "attribute").u64();
}
}  // namespace

std::string text_of(const Attribute& attribute) {
  const auto bytes = scalar(attribute, Type::text);
  return {bytes.begin(), std::find(bytes.begin(), bytes.end(), std::uint8_t{0})};
}

std::uint64_t number_of(const Attribute& attribute) { return bits_of(attribute, Type::u64); }

double real_of(const Attribute& attribute) {
  return std::bit_cast<double>(bits_of(attribute, Type::f64));
}

void refuse_link(const Message& message) {
  auto in = message.cursor("link");
  in.version(1);
  const auto flags = in.u8();
  const auto kind = (flags & 8U) != 0 ? in.u8() : 0;
  if (kind == 1) in.fail("soft link: not accepted");
  if (kind == 64) in.fail("external link: not accepted");
  if (kind != 0) in.fail("user-defined link: not accepted");
  in.fail("a link kept in a message, as groups with soft or external links have: not accepted");
}

}  // namespace gridtally::archive::hdf5
