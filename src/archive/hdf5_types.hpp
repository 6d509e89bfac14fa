#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What the datasets of the formats are made of, for who writes them and who reads them.
namespace gridtally::archive::hdf5 {

/// Element types of the formats, all little-endian; `text` is UTF-8 of fixed width, null-padded.
enum class Type : std::uint8_t { u8, u32, u64, i64, f64, text };
std::string name(Type type);
/// Bytes of one element; `width` counts for text only.
std::size_t size_of(Type type, std::size_t width);

using Shape = std::vector<std::uint64_t>;
/// FormatError when it is more than 64 bits hold.
std::uint64_t product(const Shape& shape, std::size_t first_axis = 0);
std::string to_text(const Shape& shape);

/// Chunk of at most 256 KiB: whole trailing axes as long as they fit, but no more than `deepest` of
/// the last.
inline constexpr std::uint64_t any_depth = ~std::uint64_t{0};
Shape chunk_of(const Shape& shape, std::size_t element_size, std::uint64_t deepest = any_depth);

}  // namespace gridtally::archive::hdf5
