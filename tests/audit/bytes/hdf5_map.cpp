#include "audit/bytes/hdf5_map.hpp"

#include <stdexcept>
#include <utility>

namespace gridtally::audit::testing {

namespace {
constexpr std::uint64_t nowhere = ~std::uint64_t{0};
constexpr std::uint64_t padded(std::uint64_t size) { return (size + 7) / 8 * 8; }

/// The letters up to the first zero.
std::string text_at(ledger::ByteView file, std::uint64_t at) {
  std::string text;
  while (file[at] != 0) text += static_cast<char>(file[at++]);
  return text;
}
}  // namespace

Hdf5Map::Hdf5Map(ledger::ByteView file) : file_(file), of_(file.size(), 0) { superblock(); }

std::uint64_t Hdf5Map::number(std::uint64_t at, std::size_t bytes) const {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value |= std::uint64_t{file_.subspan(at + i, 1)[0]} << (8 * i);
  }
  return value;
}

void Hdf5Map::mark(std::uint64_t at, std::uint64_t bytes, const std::string& structure) {
  parts_.push_back({structure, owner_});
  for (auto i = at; i < at + bytes; ++i) of_.at(i) = parts_.size() - 1;
}

void Hdf5Map::superblock() {
  mark(0, 8, "superblock: signature");
  const auto version = number(8, 1);
  if (version > 1) throw std::runtime_error("superblock version " + std::to_string(version));
  mark(8, 5, "superblock: versions");
  mark(11, 1, "superblock: reserved");
  mark(13, 2, "superblock: sizes of numbers");
  mark(15, 1, "superblock: reserved");
  mark(16, 4, "superblock: tree sizes");
  leaf_k_ = number(16, 2);
  group_k_ = number(18, 2);
  mark(20, 4, "superblock: consistency flags");
  std::uint64_t at = 24;
  if (version == 1) {
    mark(at, 2, "superblock: tree sizes");
    chunk_k_ = number(at, 2);
    mark(at + 2, 2, "superblock: reserved");
    at += 4;
  }
  mark(at, 8, "superblock: base address");
  mark(at + 8, 8, "superblock: free-space address");
  mark(at + 16, 8, "superblock: end of file");
  mark(at + 24, 8, "superblock: driver address");
  mark(at + 32, 8, "superblock: root link name");
  mark(at + 40, 8, "superblock: root address");
  mark(at + 48, 4, "superblock: root cache type");
  mark(at + 52, 4, "superblock: reserved");
  mark(at + 56, 16, "superblock: root cache");
  object(number(at + 40, 8));
}

void Hdf5Map::object(std::uint64_t at) {
  if (number(at, 1) != 1) throw std::runtime_error("object header version");
  mark(at, 1, "header: version");
  mark(at + 1, 1, "header: reserved");
  mark(at + 2, 2, "header: number of messages");
  mark(at + 4, 4, "header: reference count");
  mark(at + 8, 4, "header: size");
  mark(at + 12, 4, "header: padding");
  messages(at + 16, number(at + 8, 4), number(at + 2, 2));
}

/// `left`: messages that the header still has; what of them is left after this block.
std::size_t Hdf5Map::messages(std::uint64_t at, std::uint64_t size, std::size_t left) {
  const auto end = at + size;
  while (left > 0 && at + 8 <= end) {
    const auto type = number(at, 2);
    const auto bytes = number(at + 2, 2);
    mark(at, 2, "message: type");
    mark(at + 2, 2, "message: size");
    mark(at + 4, 1, "message: flags");
    mark(at + 5, 3, "message: reserved");
    at += 8;
    --left;
    if (type == 0x10) {
      mark(at, bytes, "message: continuation");
      left = messages(number(at, 8), number(at + 8, 8), left);
    } else {
      message(type, at, bytes);
    }
    at += bytes;
  }
  mark(at, end - at, "header: gap");
  return left;
}

void Hdf5Map::message(std::uint64_t type, std::uint64_t at, std::uint64_t size) {
  switch (type) {
    case 0x00:
      return mark(at, size, "empty message");
    case 0x01:
      return dataspace(at, size, "dataspace");
    case 0x03:
      return datatype(at, size, "datatype");
    case 0x04:
      return mark(at, size, "old fill value");
    case 0x05:
      return fill_value(at, size);
    case 0x08:
      return data_layout(at, size);
    case 0x0b:
      return filters(at, size);
    case 0x0c:
      return attribute(at, size);
    case 0x11:
      mark(at, size, "symbol table message");
      return group(number(at, 8), number(at + 8, 8));
    default:
      throw std::runtime_error("message of type " + std::to_string(type));
  }
}

void Hdf5Map::dataspace(std::uint64_t at, std::uint64_t size, const std::string& of) {
  const auto version = number(at, 1);
  const auto rank = number(at + 1, 1);
  const bool has_most = (number(at + 2, 1) & 1U) != 0;
  const std::uint64_t head = version == 1 ? 8 : 4;
  mark(at, size, of + ": padding");
  mark(at, 3, of + ": version, rank, flags");
  mark(at + 3, head - 3, version == 1 ? of + ": reserved" : of + ": class");
  mark(at + head, rank * 8, of + ": extent");
  if (has_most) mark(at + head + rank * 8, rank * 8, of + ": greatest extent");
}

void Hdf5Map::datatype(std::uint64_t at, std::uint64_t size, const std::string& of) {
  const auto kind = number(at, 1) & 0xfU;
  const std::uint64_t most = kind == 0 ? 4 : kind == 1 ? 12 : kind == 3 ? 0 : size - 8;
  mark(at, size, of + ": padding");
  mark(at, 1, of + ": class and version");
  mark(at + 1, 3, of + ": class bits");
  mark(at + 4, 4, of + ": size");
  mark(at + 8, most, of + ": properties");
}

void Hdf5Map::fill_value(std::uint64_t at, std::uint64_t size) {
  mark(at, size, "fill value: padding");
  mark(at, 4, "fill value: version and times");
  if (number(at, 1) == 2 && number(at + 3, 1) != 0) {
    mark(at + 4, 4, "fill value: size");
    mark(at + 8, number(at + 4, 4), "fill value: value");
  }
}

void Hdf5Map::filters(std::uint64_t at, std::uint64_t size) {
  const auto end = at + size;
  mark(at, 2, "filters: version and number");
  mark(at + 2, 6, "filters: reserved");
  const auto count = number(at + 1, 1);
  at += 8;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto name = padded(number(at + 2, 2));
    const auto values = number(at + 6, 2);
    mark(at, 2, "filters: identifier");
    mark(at + 2, 2, "filters: length of name");
    mark(at + 4, 2, "filters: flags");
    mark(at + 6, 2, "filters: number of values");
    mark(at + 8, name, "filters: name");
    mark(at + 8 + name, 4 * values, "filters: values");
    mark(at + 8 + name + 4 * values, values % 2 * 4, "filters: padding");
    at += 8 + name + 4 * (values + values % 2);
  }
  mark(at, end - at, "filters: padding");
}

void Hdf5Map::attribute(std::uint64_t at, std::uint64_t size) {
  const auto version = number(at, 1);
  const auto round = [&](std::uint64_t n) { return version == 1 ? padded(n) : n; };
  const auto named = number(at + 2, 2);
  const auto typed = number(at + 4, 2);
  const auto spaced = number(at + 6, 2);
  const std::uint64_t head = version == 3 ? 9 : 8;
  const auto of = "attribute " + text_at(file_, at + head);
  const auto type = at + head + round(named);
  const auto space = type + round(typed);
  const auto value = space + round(spaced);
  const bool references = of.ends_with("DIMENSION_LIST");
  if (references) {
    for (auto entry = value; entry + 16 <= at + size; entry += 16)
      global_heap(number(entry + 4, 8));
  }
  mark(at, size, of + ": padding");
  mark(at, head, of + ": sizes");
  if (version == 1) mark(at + 1, 1, of + ": reserved");
  mark(at + head, named, of + ": name");
  datatype(type, typed, of + ": datatype");
  dataspace(space, spaced, of + ": dataspace");
  std::uint64_t bytes = number(type + 4, 4);
  for (std::uint64_t axis = 0; axis < number(space + 1, 1); ++axis) {
    bytes *= number(space + (number(space, 1) == 1 ? 8 : 4) + 8 * axis, 8);
  }
  mark(value, bytes, of + ": value");
}

void Hdf5Map::data_layout(std::uint64_t at, std::uint64_t size) {
  if (number(at, 1) != 3) throw std::runtime_error("layout version");
  const auto kind = number(at + 1, 1);
  mark(at, size, "layout: padding");
  mark(at, 2, "layout: version and class");
  if (kind == 1) {
    mark(at + 2, 16, "layout: address and size");
    if (number(at + 2, 8) != nowhere) mark(number(at + 2, 8), number(at + 10, 8), "data");
    return;
  }
  if (kind != 2) throw std::runtime_error("layout class");
  const auto rank = number(at + 2, 1);
  mark(at + 2, 1, "layout: rank");
  mark(at + 3, 8, "layout: address of the chunks");
  mark(at + 11, 4 * rank, "layout: extent of chunks");
  if (number(at + 3, 8) != nowhere) chunk_node(number(at + 3, 8), rank);
}

/// Marks the first 24 bytes; entries used.
std::uint64_t Hdf5Map::tree_head(std::uint64_t at) {
  mark(at, 4, "tree: signature");
  mark(at + 4, 2, "tree: type and level");
  mark(at + 6, 2, "tree: entries used");
  mark(at + 8, 16, "tree: siblings");
  return number(at + 6, 2);
}

void Hdf5Map::group(std::uint64_t tree, std::uint64_t heap) {
  const auto names = number(heap + 24, 8);
  const auto size = number(heap + 8, 8);
  mark(heap, 4, "names: signature");
  mark(heap + 4, 1, "names: version");
  mark(heap + 5, 3, "names: reserved");
  mark(heap + 8, 8, "names: size");
  mark(heap + 16, 8, "names: free list");
  mark(heap + 24, 8, "names: address");
  mark(names, size, "names: free space");
  mark(names, 8, "names: the empty name");
  group_node(tree, names);
}

void Hdf5Map::group_node(std::uint64_t at, std::uint64_t names) {
  if (number(at + 5, 1) != 0) throw std::runtime_error("group of two levels");
  const auto used = tree_head(at);
  mark(at + 24, 8, "group tree: first key");
  for (std::uint64_t i = 0; i < 2 * group_k_; ++i) {
    const auto entry = at + 32 + 16 * i;
    mark(entry, 8, i < used ? "group tree: address" : "group tree: unused entries");
    mark(entry + 8, 8, i < used ? "group tree: key" : "group tree: unused entries");
    if (i < used) symbols(number(entry, 8), names);
  }
}

void Hdf5Map::symbols(std::uint64_t at, std::uint64_t names) {
  const auto count = number(at + 6, 2);
  mark(at, 4, "symbols: signature");
  mark(at + 4, 1, "symbols: version");
  mark(at + 5, 1, "symbols: reserved");
  mark(at + 6, 2, "symbols: number");
  for (std::uint64_t i = 0; i < 2 * leaf_k_; ++i) {
    const auto entry = at + 8 + 40 * i;
    if (i >= count) {
      mark(entry, 40, "symbols: unused entries");
      continue;
    }
    const auto name = number(entry, 8);
    const auto text = text_at(file_, names + name);
    mark(names + name, text.size() + 1, "names: name");
    mark(names + name + text.size() + 1, padded(text.size() + 1) - text.size() - 1,
         "names: padding");
    mark(entry, 8, "symbols: name");
    mark(entry + 8, 8, "symbols: address");
    mark(entry + 16, 4, "symbols: cache type");
    mark(entry + 20, 4, "symbols: reserved");
    mark(entry + 24, 16, number(entry + 16, 4) == 1 ? "symbols: cache" : "symbols: unused cache");
    const auto outer = std::exchange(owner_, owner_ + "/" + text);
    object(number(entry + 8, 8));
    owner_ = outer;
  }
}

void Hdf5Map::chunk_node(std::uint64_t at, std::size_t rank) {
  const auto used = tree_head(at);
  const auto level = number(at + 5, 1);
  const std::uint64_t key = 8 + 8 * rank;
  mark(at + 24 + (key + 8) * 2 * chunk_k_, key, "chunk tree: unused entries");
  for (std::uint64_t i = 0; i < 2 * chunk_k_; ++i) {
    const auto entry = at + 24 + (key + 8) * i;
    if (i > used) {
      mark(entry, key + 8, "chunk tree: unused entries");
      continue;
    }
    const std::string of = i < used ? "chunk tree: " : "chunk tree: last key's ";
    mark(entry, 4, of + "size of chunk");
    mark(entry + 4, 4, of + "filter mask");
    mark(entry + 8, 8 * rank - 8, of + "place of chunk");
    mark(entry + 8 * rank, 8, of + "place within element");
    mark(entry + key, 8, i < used ? "chunk tree: address" : "chunk tree: unused entries");
    if (i == used) continue;
    const auto child = number(entry + key, 8);
    if (level > 0) {
      chunk_node(child, rank);
    } else {
      mark(child, number(entry, 4), "chunk");
    }
  }
  if (used == 2 * chunk_k_) {
    mark(at + 24 + (key + 8) * used, key, "chunk tree: last key's place of chunk");
  }
}

void Hdf5Map::global_heap(std::uint64_t at) {
  if (at == nowhere || at == 0 || this->at(at).structure != parts_[0].structure) return;
  const auto owner = std::exchange(owner_, "");
  const auto end = at + number(at + 8, 8);
  mark(at, 16, "heap of axes: head");
  for (at += 16; at + 16 <= end;) {
    const auto index = number(at, 2);
    const auto size = number(at + 8, 8);
    mark(at, 16, "heap of axes: head of an object");
    const auto bytes = index == 0 ? end - at - 16 : padded(size);
    mark(at + 16, bytes, index == 0 ? "heap of axes: free space" : "heap of axes: object");
    at += 16 + bytes;
  }
  owner_ = owner;
}

}  // namespace gridtally::audit::testing
