#include "archive/hdf5_object.hpp"

#include <algorithm>
#include <deque>

namespace gridtally::archive::hdf5 {

namespace {
constexpr std::uint64_t prefix_bytes = 16;
constexpr std::uint8_t shared_flag = 2;
constexpr std::size_t most_blocks = 256;  // of one header

class HeaderReader {
 public:
  explicit HeaderReader(Structures& structures) : structures_(structures) {}

  std::vector<Message> read(std::uint64_t address) {
    structures_.enter("object header", address);
    const auto bytes = structures_.read("object header", address, prefix_bytes);
    Cursor in(bytes, address, "object header");
    in.version(1);
    in.skip(1);
    const auto count = in.u16();
    in.skip(4);  // how many links lead here: entering twice is refused
    blocks_.push_back({address + prefix_bytes, in.u32()});
    for (std::size_t done = 0; !blocks_.empty(); ++done) {
      if (done == most_blocks) in.fail("more than " + std::to_string(most_blocks) + " blocks");
      const auto block = blocks_.front();
      blocks_.pop_front();
      read_block(block);
    }
    if (messages_.size() != count) {
      in.fail("says " + std::to_string(count) + " messages, has " +
              std::to_string(messages_.size()));
    }
    return std::move(messages_);
  }

 private:
  struct Block {
    std::uint64_t at;
    std::uint64_t size;
  };

  void read_block(const Block& block) {
    structures_.enter("header block", block.at);
    const auto bytes = structures_.read("header block", block.at, block.size);
    Cursor in(bytes, block.at, "header message");
    while (in.remaining() > 0) read_message(in);
  }

  void read_message(Cursor& in) {
    const auto type = in.u16();
    const auto size = in.u16();
    const auto flags = in.u8();
    in.skip(3);
    if ((flags & shared_flag) != 0) {
      in.fail("message " + std::to_string(type) +
              " is a shared message (a user-defined, named type): not accepted");
    }
    if (size % 8 != 0) in.fail("a size of " + std::to_string(size) + " bytes, not a multiple of 8");
    const auto at = in.at();
    const auto body = in.take(size);
    messages_.push_back({static_cast<MessageType>(type), at, {body.begin(), body.end()}});
    if (messages_.back().type == MessageType::continuation) {
      auto place = messages_.back().cursor("continuation");
      const auto next = place.u64();
      blocks_.push_back({next, place.u64()});
    }
  }

  Structures& structures_;
  std::deque<Block> blocks_;
  std::vector<Message> messages_;
};
}  // namespace

std::vector<Message> read_object(Structures& structures, std::uint64_t address) {
  return HeaderReader(structures).read(address);
}

}  // namespace gridtally::archive::hdf5
