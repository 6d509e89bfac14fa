#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "archive/hdf5_filters.hpp"
#include "archive/hdf5_message.hpp"

namespace gridtally::archive::hdf5 {

/// What the object header of a dataset says of it.
struct Description {
  Element element;
  Shape shape;
  Layout layout;
  std::vector<Filter> filters;
  std::vector<Attribute> attributes;
};
/// The attributes among the messages of an object; refused where two have one name.
std::vector<Attribute> attributes_of(const std::vector<Message>& messages);
/// FormatError unless the messages are those of a dataset that a writer of ours could have made, in
/// whatever shape.
Description describe(const std::vector<Message>& messages);

/// One dataset whose type, shape and chunks are those expected; elements are read from any place.
/// Holds two or three chunks.
class Dataset {
 public:
  /// FormatError, naming `path`, unless chunks are those of `chunk`, all there, with the three
  /// filters; a scalar or an empty dataset has none.
  Dataset(Input input, std::string path, const Description& description, const Shape& chunk);
  Dataset(Dataset&&) noexcept = default;
  Dataset& operator=(Dataset&&) noexcept = default;

  /// Rows [first, first + count) of one axis, which the caller knows to be there; `out` holds count
  /// * (product of the others) elements. FormatError naming the dataset where they are damaged.
  void read_rows(std::uint64_t first, std::uint64_t count, std::size_t axis,
                 std::span<std::uint8_t> out);

 private:
  struct Box;
  void read_scalar(std::span<std::uint8_t> out) const;
  void read_box(const Box& box, std::span<std::uint8_t> out);
  void copy_part(const Box& box, std::uint64_t index, std::span<std::uint8_t> out);
  [[nodiscard]] Box part_in(const Box& box, std::uint64_t index) const;
  ledger::ByteView chunk_at(std::uint64_t index);

  Input input_;
  std::string path_;
  Element element_;
  Shape shape_;
  Layout layout_;
  std::optional<ChunkGrid> grid_;
  std::vector<StoredChunk> chunks_;
  ChunkDecoder decoder_;
  std::optional<std::uint64_t> decoded_;  ///< index of the chunk in decoded_bytes_
  ledger::ByteView decoded_bytes_;
};

}  // namespace gridtally::archive::hdf5
