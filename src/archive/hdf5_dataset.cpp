#include "archive/hdf5_dataset.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace gridtally::archive::hdf5 {

namespace {
/// Parts of a description that may be there once.
class Parts {
 public:
  void take(const Message& message) {
    switch (message.type) {
      case MessageType::dataspace: {
        auto in = once(message, space_, "dataspace");
        out_.shape = decode_space(in);
        break;
      }
      case MessageType::datatype: {
        auto in = once(message, type_, "datatype");
        out_.element = decode_type(in);
        break;
      }
      case MessageType::layout: {
        auto in = once(message, layout_, "layout");
        out_.layout = decode_layout(in);
        break;
      }
      case MessageType::filters: {
        auto in = once(message, filters_, "filters");
        out_.filters = decode_filters(in);
        break;
      }
      default:
        require_harmless(message);
    }
  }

  Description finish() {
    if (space_ && type_ && layout_) return std::move(out_);
    if (type_) throw FormatError("a named (user-defined) type: not accepted");
    throw FormatError("neither a group nor a dataset");
  }

 private:
  static Cursor once(const Message& message, bool& there, const char* what) {
    auto in = message.cursor(what);
    if (there) in.fail("a second one");
    there = true;
    return in;
  }

  static void require_harmless(const Message& message) {
    const auto in = message.cursor("header message");
    switch (message.type) {
      case MessageType::nil:
      case MessageType::continuation:
      case MessageType::fill_value:
      case MessageType::old_fill_value:
      case MessageType::attribute:
      case MessageType::comment:
      case MessageType::change_time:
      case MessageType::old_change_time:
        return;
      case MessageType::external_files:
        in.fail("external storage: not accepted");
      default:
        in.fail("a message of type " + std::to_string(static_cast<unsigned>(message.type)) +
                ": not accepted");
    }
  }

  Description out_;
  bool space_ = false;
  bool type_ = false;
  bool layout_ = false;
  bool filters_ = false;
};
}  // namespace

std::vector<Attribute> attributes_of(const std::vector<Message>& messages) {
  std::vector<Attribute> attributes;
  for (const auto& message : messages) {
    if (message.type == MessageType::attribute_info) {
      message.cursor("attributes").fail("kept in a heap of their own: not accepted");
    }
    if (message.type != MessageType::attribute) continue;
    attributes.push_back(decode_attribute(message));
    const auto& name = attributes.back().name;
    const auto same = [&](const Attribute& other) { return other.name == name; };
    if (std::count_if(attributes.begin(), attributes.end(), same) > 1) {
      message.cursor("attribute").fail("a second one of the name " + name);
    }
  }
  return attributes;
}

Description describe(const std::vector<Message>& messages) {
  Parts parts;
  for (const auto& message : messages) parts.take(message);
  auto description = parts.finish();
  description.attributes = attributes_of(messages);
  return description;
}

/// A part of a dataset: where it begins, and how far it goes along each axis.
struct Dataset::Box {
  Shape first;
  Shape count;
};

namespace {
const std::vector<Filter> written_filters{Filter::shuffle, Filter::deflate, Filter::fletcher32};

void require_chunks(const Description& description, const Shape& chunk) {
  const auto& layout = description.layout;
  if (!layout.chunked) throw FormatError("not stored in chunks");
  if (layout.chunk != chunk) throw FormatError("chunks are not " + to_text(chunk));
  if (layout.element_size != description.element.size) {
    throw FormatError("chunks of elements of another size");
  }
  if (description.filters != written_filters) {
    throw FormatError("filters are not shuffle, deflate and fletcher32 in this order");
  }
}

void require_plain(const Description& description) {
  if (description.layout.chunked || !description.filters.empty()) {
    throw FormatError("stored in chunks, though it has no axis or no element");
  }
}

/// FormatError with `path` before what it says.
template <class Call>
auto naming(const std::string& path, const Call& call) {
  try {
    return call();
  } catch (const FormatError& error) {
    throw FormatError("dataset " + path + ": " + error.what());
  }
}
}  // namespace

Dataset::Dataset(Input input, std::string path, const Description& description, const Shape& chunk)
    : input_(std::move(input)),
      path_(std::move(path)),
      element_(description.element),
      shape_(description.shape),
      layout_(description.layout) {
  naming(path_, [&] {
    if (shape_.empty() || product(shape_) == 0) return require_plain(description);
    require_chunks(description, chunk);
    grid_.emplace(shape_, chunk, element_.size);
    chunks_ = read_chunk_index(input_, layout_.address, *grid_);
  });
}

void Dataset::read_rows(std::uint64_t first, std::uint64_t count, std::size_t axis,
                        std::span<std::uint8_t> out) {
  naming(path_, [&] {
    if (shape_.empty()) return read_scalar(out);
    if (out.empty() || !grid_) return;
    Box box{Shape(shape_.size(), 0), shape_};
    box.first[axis] = first;
    box.count[axis] = count;
    read_box(box, out);
  });
}

void Dataset::read_scalar(std::span<std::uint8_t> out) const {
  if (layout_.size != out.size()) throw FormatError("a scalar of another size");
  const auto bytes = read_exactly(input_, "scalar", layout_.address, layout_.size);
  std::copy(bytes.begin(), bytes.end(), out.begin());
}

namespace {
/// Elements between neighbours along each axis of an array with these lengths.
Shape strides_of(const Shape& lengths) {
  Shape strides(lengths.size(), 1);
  for (auto axis = lengths.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * lengths[axis];
  return strides;
}

/// Counts `at` up within [first, first + count), the last of the first `axes` axes fastest; false
/// after the last.
bool advance(Shape& at, const Shape& first, const Shape& count, std::size_t axes) {
  for (auto axis = axes; axis-- > 0;) {
    if (++at[axis] < first[axis] + count[axis]) return true;
    at[axis] = first[axis];
  }
  return false;
}
}  // namespace

ledger::ByteView Dataset::chunk_at(std::uint64_t index) {
  if (decoded_ != index) {
    decoded_.reset();
    decoded_bytes_ = decoder_.decode(input_, chunks_[index], *grid_);
    decoded_ = index;
  }
  return decoded_bytes_;
}

/// What `box` and a chunk have in common.
Dataset::Box Dataset::part_in(const Box& box, std::uint64_t index) const {
  Box part{grid_->first_of(index), grid_->chunk};
  for (std::size_t axis = 0; axis < shape_.size(); ++axis) {
    const auto end =
        std::min(part.first[axis] + part.count[axis], box.first[axis] + box.count[axis]);
    part.first[axis] = std::max(part.first[axis], box.first[axis]);
    part.count[axis] = end - part.first[axis];
  }
  return part;
}

void Dataset::read_box(const Box& box, std::span<std::uint8_t> out) {
  const auto axes = shape_.size();
  const auto index_strides = strides_of(grid_->counts);
  Box chunks{Shape(axes), Shape(axes)};
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const auto last = (box.first[axis] + box.count[axis] - 1) / grid_->chunk[axis];
    chunks.first[axis] = box.first[axis] / grid_->chunk[axis];
    chunks.count[axis] = last - chunks.first[axis] + 1;
  }
  auto place = chunks.first;
  do {
    std::uint64_t index = 0;
    for (std::size_t axis = 0; axis < axes; ++axis) index += place[axis] * index_strides[axis];
    copy_part(box, index, out);
  } while (advance(place, chunks.first, chunks.count, axes));
}

/// Copies in the longest runs that lie together in the chunk as well as in `out`.
void Dataset::copy_part(const Box& box, std::uint64_t index, std::span<std::uint8_t> out) {
  const auto part = part_in(box, index);
  const auto chunk = chunk_at(index);
  const auto origin = grid_->first_of(index);
  const auto from_strides = strides_of(grid_->chunk);
  const auto to_strides = strides_of(box.count);
  auto axes = shape_.size() - 1;
  auto run = part.count[axes];
  while (axes > 0 && part.count[axes] == grid_->chunk[axes] &&
         part.count[axes] == box.count[axes]) {
    run *= part.count[--axes];
  }
  auto at = part.first;
  do {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    for (std::size_t axis = 0; axis < at.size(); ++axis) {
      from += (at[axis] - origin[axis]) * from_strides[axis];
      to += (at[axis] - box.first[axis]) * to_strides[axis];
    }
    std::memcpy(out.subspan(to * element_.size, run * element_.size).data(),
                chunk.subspan(from * element_.size, run * element_.size).data(),
                run * element_.size);
  } while (advance(at, part.first, part.count, axes));
}

}  // namespace gridtally::archive::hdf5
