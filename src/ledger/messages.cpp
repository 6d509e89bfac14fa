#include "ledger/block.hpp"
#include "ledger/turn_codec.hpp"

namespace gridtally::ledger {
namespace {

enum class MessageKind : std::uint8_t { proposal = 0, vote = 1 };

void write_signed_part(const Vote& vote, ByteWriter& writer) {
  writer.u16(Header::version).raw(vote.run_id).u64(vote.height).u32(vote.round);
  writer.u8(static_cast<std::uint8_t>(vote.step)).raw(vote.block_hash).u32(vote.validator);
}

Vote read_vote(ByteReader& reader) {
  Vote vote;
  read_version(reader, Header::version);
  vote.run_id = reader.array<32>();
  vote.height = reader.u64();
  vote.round = reader.u32();
  vote.step = reader.boolean() ? Step::precommit : Step::prevote;
  vote.block_hash = reader.array<32>();
  vote.validator = reader.u32();
  vote.signature.bytes = reader.array<64>();
  return vote;
}

}  // namespace

Bytes signed_bytes(const Vote& vote) {
  ByteWriter writer;
  writer.tag("gridtally-vote");
  write_signed_part(vote, writer);
  return writer.take();
}

Vote sign_vote(Vote vote, const SecretKey& key) {
  vote.signature = key.sign(signed_bytes(vote));
  return vote;
}

Bytes encode(const Message& message) {
  ByteWriter writer;
  if (const auto* proposal = std::get_if<Proposal>(&message)) {
    writer.u8(static_cast<std::uint8_t>(MessageKind::proposal)).raw(encode(*proposal->block));
    return writer.take();
  }
  const Vote& vote = std::get<Vote>(message);
  writer.u8(static_cast<std::uint8_t>(MessageKind::vote));
  write_signed_part(vote, writer);
  return writer.raw(vote.signature.bytes).take();
}

Message decode_message(ByteView bytes) {
  ByteReader reader(bytes, "consensus message");
  const auto kind = static_cast<MessageKind>(reader.u8());
  if (kind == MessageKind::proposal) {
    return Proposal{std::make_shared<const Block>(decode_block(reader.raw(reader.remaining())))};
  }
  if (kind != MessageKind::vote) reader.fail("a message is of kind 0 or 1");
  Vote vote = read_vote(reader);
  reader.finish();
  return vote;
}

}  // namespace gridtally::ledger
