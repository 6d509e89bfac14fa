#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive/hdf5_object.hpp"
#include "archive/hdf5_types.hpp"

/// What the messages of an object header say. Each function refuses, by its name, whatever no
/// format of ours uses.
namespace gridtally::archive::hdf5 {

struct Element {
  Type type = Type::u8;
  std::size_t size = 1;  ///< bytes
};
Element decode_type(Cursor& in);
/// Empty for a scalar.
Shape decode_space(Cursor& in);

/// Where the elements of a dataset are.
struct Layout {
  bool chunked = false;
  std::uint64_t address = no_address;  ///< of the index of chunks, or of the elements themselves
  std::uint64_t size = 0;              ///< bytes, where not chunked
  Shape chunk;                         ///< elements along each axis
  std::uint64_t element_size = 0;      ///< where chunked
};
Layout decode_layout(Cursor& in);

enum class Filter : std::uint16_t { deflate = 1, shuffle = 2, fletcher32 = 3 };
/// In the order in which a writer applies them.
std::vector<Filter> decode_filters(Cursor& in);

/// A name with a value, whose type is looked at only when it is asked for.
struct Attribute {
  std::string name;
  std::uint64_t at = 0;        ///< of the message in the file
  std::uint64_t value_at = 0;  ///< of the value in the file
  ledger::Bytes type;
  ledger::Bytes space;
  ledger::Bytes value;
};
Attribute decode_attribute(const Message& message);
/// FormatError naming the attribute unless it is one value of that type.
std::string text_of(const Attribute& attribute);
std::uint64_t number_of(const Attribute& attribute);
double real_of(const Attribute& attribute);

/// A link message holds what a plain group has in its table: always refused.
[[noreturn]] void refuse_link(const Message& message);

}  // namespace gridtally::archive::hdf5
