#include "archive/hdf5_chunks.hpp"

#include <utility>

namespace gridtally::archive::hdf5 {

namespace {
constexpr std::uint64_t node_head = 24;
constexpr std::uint8_t most_levels = 16;
constexpr std::uint16_t most_children = 1024;
constexpr const char* what = "chunk index";

class IndexReader {
 public:
  IndexReader(const Input& input, const ChunkGrid& grid)
      : input_(input), grid_(grid), count_(grid.count()) {}

  std::vector<StoredChunk> read(std::uint64_t root) {
    open(root, most_levels);
    while (!nodes_.empty()) {
      auto& node = nodes_.back();
      if (node.next == node.used) {
        nodes_.pop_back();
      } else if (node.level == 0) {
        read_chunk(node);
      } else {
        const auto child = child_of(node);
        open(child, node.level);
      }
    }
    if (chunks_.size() != count_) {
      fail_at(root, what,
              "chunk " + std::to_string(chunks_.size()) + " of " + std::to_string(count_) +
                  " is missing");
    }
    return std::move(chunks_);
  }

 private:
  struct Node {
    std::uint64_t at;
    std::uint8_t level;
    std::uint16_t used;
    std::uint16_t next;
    ledger::Bytes entries;
  };

  [[nodiscard]] std::uint64_t key_bytes() const { return 8 + 8 * (grid_.shape.size() + 1); }

  /// A node that is at less than `below`; an empty one would let a file lead on without an end.
  void open(std::uint64_t at, std::uint8_t below) {
    const auto head = read_exactly(input_, what, at, node_head);
    Cursor in(head, at, what);
    in.signature("TREE");
    in.version(1);  // the type of a node: of chunks
    const auto level = in.u8();
    const auto used = in.u16();
    if (level >= below) in.fail("a level of " + std::to_string(level));
    if (used == 0 || used > most_children) in.fail(std::to_string(used) + " children");
    nodes_.push_back({at + node_head, level, used, 0,
                      read_exactly(input_, what, at + node_head, used * (key_bytes() + 8))});
  }

  Cursor next_entry(Node& node) {
    const auto size = key_bytes() + 8;
    const auto offset = node.next++ * size;
    return {ledger::ByteView(node.entries).subspan(offset, size), node.at + offset, what};
  }

  std::uint64_t child_of(Node& node) {
    auto in = next_entry(node);
    in.skip(key_bytes());
    return in.u64();
  }

  void read_chunk(Node& node) {
    auto in = next_entry(node);
    if (chunks_.size() == count_) in.fail("more chunks than the " + std::to_string(count_));
    StoredChunk chunk;
    chunk.size = in.u32();
    chunk.left_out = in.u32();
    for (const auto first : grid_.first_of(chunks_.size())) {
      if (in.u64() != first) {
        in.fail("another place than that of chunk " + std::to_string(chunks_.size()));
      }
    }
    if (in.u64() != 0) in.fail("a chunk within an element");
    chunk.at = in.u64();
    chunks_.push_back(chunk);
  }

  const Input& input_;
  const ChunkGrid& grid_;
  std::uint64_t count_;
  std::vector<Node> nodes_;
  std::vector<StoredChunk> chunks_;
};
}  // namespace

ChunkGrid::ChunkGrid(Shape whole, Shape piece, std::size_t size)
    : shape(std::move(whole)),
      chunk(std::move(piece)),
      element_size(size),
      bytes(product(chunk) * size) {
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    counts.push_back((shape[axis] - 1) / chunk[axis] + 1);
  }
}

Shape ChunkGrid::first_of(std::uint64_t index) const {
  Shape first(shape.size());
  for (auto axis = shape.size(); axis-- > 0;) {
    first[axis] = index % counts[axis] * chunk[axis];
    index /= counts[axis];
  }
  return first;
}

std::vector<StoredChunk> read_chunk_index(const Input& input, std::uint64_t root,
                                          const ChunkGrid& grid) {
  return IndexReader(input, grid).read(root);
}

}  // namespace gridtally::archive::hdf5
