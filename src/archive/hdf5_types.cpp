#include "archive/hdf5_types.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace gridtally::archive::hdf5 {

namespace {
constexpr std::size_t chunk_bytes = std::size_t{256} << 10;
}

std::string name(Type type) {
  switch (type) {
    case Type::u8:
      return "u8";
    case Type::u32:
      return "u32";
    case Type::u64:
      return "u64";
    case Type::i64:
      return "i64";
    case Type::f64:
      return "f64";
    case Type::text:
      return "text";
  }
  return "?";
}

std::size_t size_of(Type type, std::size_t width) {
  switch (type) {
    case Type::u8:
      return 1;
    case Type::u32:
      return 4;
    case Type::text:
      return width;
    default:
      return 8;
  }
}

std::uint64_t product(const Shape& shape, std::size_t first_axis) {
  std::uint64_t count = 1;
  for (auto axis = first_axis; axis < shape.size(); ++axis) {
    if (__builtin_mul_overflow(count, shape[axis], &count)) {
      throw FormatError("an array of shape " + to_text(shape) + " cannot be held");
    }
  }
  return count;
}

std::string to_text(const Shape& shape) {
  std::string text = "(";
  for (const auto extent : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  return text + ")";
}

Shape chunk_of(const Shape& shape, std::size_t element_size, std::uint64_t deepest) {
  Shape chunk = shape;
  if (!chunk.empty()) chunk.back() = std::min(chunk.back(), deepest);
  std::uint64_t left = std::max<std::uint64_t>(1, chunk_bytes / element_size);
  for (auto axis = shape.size(); axis-- > 0;) {
    chunk[axis] = std::min(chunk[axis], left);
    left = std::max<std::uint64_t>(1, left / std::max<std::uint64_t>(1, chunk[axis]));
  }
  return chunk;
}

}  // namespace gridtally::archive::hdf5
