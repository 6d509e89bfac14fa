#include "archive/hdf5_group.hpp"

#include <algorithm>

namespace gridtally::archive::hdf5 {

namespace {
constexpr std::uint64_t most_heap_bytes = std::uint64_t{1} << 18;
constexpr std::uint8_t most_levels = 4;      // of the tree
constexpr std::uint16_t most_children = 64;  // of a node: the library makes 32 at most
constexpr std::size_t most_name = 255;       // letters
constexpr std::uint64_t node_head = 24;
constexpr std::uint64_t leaf_entry = 40;

/// The names of a group.
class Heap {
 public:
  Heap(Structures& structures, std::uint64_t address) {
    structures.enter("local heap", address);
    const auto head = structures.read("local heap", address, 32);
    Cursor in(head, address, "local heap");
    in.signature("HEAP");
    in.version(0);
    in.skip(3);
    const auto size = in.u64();
    in.skip(8);
    at_ = in.u64();
    if (size > most_heap_bytes) in.fail("names of " + std::to_string(size) + " bytes");
    bytes_ = structures.read("names of a group", at_, size);
  }

  [[nodiscard]] std::string name(std::uint64_t offset) const {
    const auto from = bytes_.begin() +
                      static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(offset, bytes_.size()));
    const auto end = std::find(from, bytes_.end(), std::uint8_t{0});
    std::string name(from, end);
    const bool plain = !name.empty() && name.size() <= most_name && name != "." && name != ".." &&
                       name.find('/') == std::string::npos;
    if (end != bytes_.end() && plain) return name;
    fail_at(at_, "names of a group", "no name at " + std::to_string(offset));
  }

 private:
  std::uint64_t at_ = no_address;
  ledger::Bytes bytes_;
};

class GroupReader {
 public:
  GroupReader(Structures& structures, std::uint64_t heap)
      : structures_(structures), heap_(structures, heap) {}

  std::vector<GroupEntry> read(std::uint64_t root) {
    nodes_.push_back({root, most_levels});
    while (!nodes_.empty()) {
      const auto node = nodes_.back();
      nodes_.pop_back();
      node.below == 0 ? read_leaf(node.at) : read_node(node);
    }
    return std::move(entries_);
  }

 private:
  /// A node, and how many levels of nodes there can be from it on; none below a leaf's name table.
  struct Node {
    std::uint64_t at;
    std::uint8_t below;
  };

  void read_node(const Node& node) {
    structures_.enter("group tree", node.at);
    const auto head = structures_.read("group tree", node.at, node_head);
    Cursor in(head, node.at, "group tree");
    in.signature("TREE");
    in.version(0);  // the type of a node: of a group
    const auto level = in.u8();
    const auto used = in.u16();
    if (level >= node.below) in.fail("a level of " + std::to_string(level));
    if (used > most_children) in.fail(std::to_string(used) + " children");
    const auto at = node.at + node_head;
    const auto body = structures_.read("group tree", at, 16 * std::uint64_t{used});
    Cursor children(body, at, "group tree");
    while (children.remaining() > 0) {
      children.skip(8);  // the least name below: the table says it again
      nodes_.push_back({children.u64(), level});
    }
  }

  void read_leaf(std::uint64_t address) {
    structures_.enter("symbol table", address);
    const auto head = structures_.read("symbol table", address, 8);
    Cursor in(head, address, "symbol table");
    in.signature("SNOD");
    in.version(1);
    in.skip(1);
    const std::uint64_t count = in.u16();
    if (entries_.size() + count > most_objects) {
      in.fail("more than " + std::to_string(most_objects) + " links");
    }
    const auto body = structures_.read("symbol table", address + 8, leaf_entry * count);
    Cursor entries(body, address + 8, "symbol table");
    while (entries.remaining() > 0) read_entry(entries);
  }

  void read_entry(Cursor& in) {
    const auto name = heap_.name(in.u64());
    const auto header = in.u64();
    const auto kind = in.u32();
    in.skip(20);
    if (kind == 2) in.fail(name + " is a soft link: not accepted");
    if (kind > 2) in.fail(name + " is an unknown kind of link");
    entries_.push_back({name, header});
  }

  Structures& structures_;
  Heap heap_;
  std::vector<Node> nodes_;
  std::vector<GroupEntry> entries_;
};
}  // namespace

std::vector<GroupEntry> read_group(Structures& structures, const Message& symbol_table) {
  auto in = symbol_table.cursor("symbol table message");
  const auto tree = in.u64();
  const auto heap = in.u64();
  return GroupReader(structures, heap).read(tree);
}

}  // namespace gridtally::archive::hdf5
