#include "archive/hdf5_reader.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace gridtally::archive::hdf5 {

namespace {
constexpr std::uint64_t most_superblock = 100;  // bytes, of version 1
constexpr std::ptrdiff_t most_path_parts = 4;
constexpr std::array<std::uint8_t, 8> format_signature{0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

void require_undefined(Cursor& in, const char* what) {
  if (in.u64() != no_address) in.fail(std::string(what) + ": not accepted");
}

/// Address of the root group's object header.
std::uint64_t read_superblock(const Input& input) {
  const auto size = std::min(most_superblock, input.size());
  const auto bytes = read_exactly(input, "superblock", 0, size);
  Cursor in(bytes, 0, "superblock");
  const auto found = in.take(std::min<std::uint64_t>(format_signature.size(), size));
  if (!std::equal(found.begin(), found.end(), format_signature.begin(), format_signature.end())) {
    in.fail("not an HDF5 file");
  }
  const auto version = in.u8();
  if (version > 1) in.fail("version " + std::to_string(version) + " is not accepted, only 0 and 1");
  in.version(0);  // of the list of free space
  in.version(0);  // of the root group's entry
  in.skip(1);
  in.version(0);  // of shared messages
  if (in.u8() != 8 || in.u8() != 8) in.fail("addresses or lengths that are not of 8 bytes");
  in.skip(5);  // how many children a node of a group's tree can have
  if (in.u32() != 0) in.fail("the file was not closed by its writer");
  if (version == 1) in.skip(4);  // the same of an index of chunks
  if (in.u64() != 0) in.fail("an address of the first byte that is not 0: not accepted");
  require_undefined(in, "a list of free space");
  const auto end = in.u64();
  if (end != input.size()) {
    in.fail((end > input.size() ? "the file is cut off: " : "more than the file ends with: ") +
            std::to_string(input.size()) + " of " + std::to_string(end) + " bytes");
  }
  require_undefined(in, "a driver block (a file in several)");
  in.skip(8);
  return in.u64();
}

const Message* find(const std::vector<Message>& messages, MessageType type) {
  const auto at = std::find_if(messages.begin(), messages.end(),
                               [&](const Message& message) { return message.type == type; });
  return at == messages.end() ? nullptr : &*at;
}

/// A group of the kind that can have soft and external links.
void refuse_new_group(const std::vector<Message>& messages) {
  if (const auto* link = find(messages, MessageType::link)) refuse_link(*link);
  if (const auto* info = find(messages, MessageType::link_info)) {
    info->cursor("group").fail(
        "its links are kept as those of groups with soft or external links: not accepted");
  }
}

const Attribute& named(const std::vector<Attribute>& attributes, const std::string& name) {
  const auto at = std::find_if(attributes.begin(), attributes.end(),
                               [&](const Attribute& other) { return other.name == name; });
  if (at == attributes.end()) throw FormatError("attribute " + name + ": missing");
  return *at;
}
}  // namespace

Reader::Reader(Input input) : input_(std::move(input)) {
  Structures structures(input_);
  std::vector<GroupEntry> waiting{{"", read_superblock(input_)}};
  while (!waiting.empty()) {
    const auto [path, header] = waiting.back();
    waiting.pop_back();
    try {
      for (const auto& entry : read_object(structures, path, header)) {
        waiting.push_back({path + "/" + entry.name, entry.header});
      }
      if (waiting.size() + datasets_.size() > most_objects) throw FormatError("too many objects");
    } catch (const FormatError& error) {
      throw FormatError((path.empty() ? "/" : path) + ": " + error.what());
    }
  }
}

std::vector<GroupEntry> Reader::read_object(Structures& structures, const std::string& path,
                                            std::uint64_t header) {
  const auto messages = hdf5::read_object(structures, header);
  refuse_new_group(messages);
  const auto* table = find(messages, MessageType::symbol_table);
  if (table == nullptr && !path.empty()) {
    if (!datasets_.emplace(path, describe(messages)).second) throw FormatError("a name twice");
    return {};
  }
  if (table == nullptr) throw FormatError("not a group");
  auto attributes = attributes_of(messages);
  if (path.empty()) attributes_ = std::move(attributes);
  if (std::count(path.begin(), path.end(), '/') == most_path_parts) {
    throw FormatError("groups in groups deeper than any that are accepted");
  }
  return read_group(structures, *table);
}

std::vector<std::string> Reader::paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, description] : datasets_) paths.push_back(path);
  return paths;
}

std::string Reader::text(const std::string& attribute) const {
  return text_of(named(attributes_, attribute));
}
std::uint64_t Reader::number(const std::string& attribute) const {
  return number_of(named(attributes_, attribute));
}
double Reader::real(const std::string& attribute) const {
  return real_of(named(attributes_, attribute));
}
std::string Reader::text(const std::string& path, const std::string& attribute) const {
  return text_of(named(described(path).attributes, attribute));
}

std::uint64_t Reader::place_of(const std::string& attribute) const {
  return named(attributes_, attribute).value_at;
}

std::uint64_t Reader::chunk_index_of(const std::string& path) const {
  const auto& layout = described(path).layout;
  if (!layout.chunked) throw FormatError("dataset " + path + ": not stored in chunks");
  return layout.address;
}

const Description& Reader::described(const std::string& path) const {
  const auto at = datasets_.find(path);
  if (at == datasets_.end()) throw FormatError("dataset " + path + ": missing");
  return at->second;
}

Dataset Reader::dataset(const std::string& path, Type type, const Shape& shape, std::size_t width,
                        std::uint64_t deepest) const {
  const auto& found = described(path);
  const auto size = size_of(type, width);
  if (found.element.type != type || found.element.size != size) {
    throw FormatError("dataset " + path + ": is not of type " + name(type));
  }
  if (found.shape != shape) {
    throw FormatError("dataset " + path + ": has shape " + to_text(found.shape) + ", expected " +
                      to_text(shape));
  }
  return {input_, path, found, chunk_of(shape, size, deepest)};
}

std::size_t Reader::text_width(const std::string& path, std::size_t most) const {
  const auto& element = described(path).element;
  if (element.type == Type::text && element.size <= most) return element.size;
  throw FormatError("dataset " + path + ": has names of " + std::to_string(element.size) +
                    " bytes, at most " + std::to_string(most) + " are accepted");
}

}  // namespace gridtally::archive::hdf5
