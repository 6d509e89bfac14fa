#include "ledger/messages.hpp"

#include "ledger/turn_codec.hpp"

namespace gridtally::ledger {
namespace {

void write_signed_part(const Vote& vote, ByteWriter& writer) {
  writer.u16(Vote::version).raw(vote.run_id).u64(vote.height).u32(vote.round);
  writer.u8(static_cast<std::uint8_t>(vote.step)).raw(vote.block_hash).u32(vote.validator);
}

Vote read_vote(ByteReader& reader) {
  Vote vote;
  read_version(reader, Vote::version);
  vote.run_id = reader.array<32>();
  vote.height = reader.u64();
  vote.round = reader.u32();
  vote.step = reader.boolean() ? Step::precommit : Step::prevote;
  vote.block_hash = reader.array<32>();
  vote.validator = reader.u32();
  vote.signature.bytes = reader.array<64>();
  return vote;
}

void write_signed_part(const Offer& offer, ByteWriter& writer) {
  writer.u16(Offer::version).raw(offer.run_id).u64(offer.height).u32(offer.round);
  writer.u8(offer.valid_round ? 1 : 0).u32(offer.valid_round.value_or(0));
  writer.raw(offer.block_hash).u32(offer.proposer);
}

Offer read_offer(ByteReader& reader) {
  Offer offer;
  read_version(reader, Offer::version);
  offer.run_id = reader.array<32>();
  offer.height = reader.u64();
  offer.round = reader.u32();
  const bool again = reader.boolean();
  const std::uint32_t valid_round = reader.u32();
  if (again) {
    offer.valid_round = valid_round;
  } else if (valid_round != 0) {
    reader.fail("a round of prevotes where there is none");
  }
  offer.block_hash = reader.array<32>();
  offer.proposer = reader.u32();
  offer.signature.bytes = reader.array<64>();
  return offer;
}

ByteWriter start(MessageKind kind) {
  ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(kind));
  return writer;
}

Bytes encode_kind(const Proposal& proposal) {
  ByteWriter writer = start(MessageKind::proposal);
  writer.raw(encode(proposal.offer)).u32(static_cast<std::uint32_t>(proposal.prevotes.size()));
  for (const Certificate::Entry& entry : proposal.prevotes) {
    writer.u32(entry.validator).raw(entry.signature.bytes);
  }
  return writer.raw(encode(*proposal.block)).take();
}

Bytes encode_kind(const Vote& vote) { return start(MessageKind::vote).raw(encode(vote)).take(); }

Bytes encode_kind(const Request& request) {
  return start(MessageKind::request).u64(request.height).take();
}

Bytes encode_kind(const Committed& committed) {
  return start(MessageKind::committed).raw(encode(*committed)).take();
}

Proposal read_proposal(ByteReader& reader) {
  Proposal proposal;
  proposal.offer = read_offer(reader);
  proposal.prevotes.resize(reader.count(68));
  for (Certificate::Entry& entry : proposal.prevotes) {
    entry.validator = reader.u32();
    entry.signature.bytes = reader.array<64>();
  }
  proposal.block = std::make_shared<const Block>(decode_block(reader.raw(reader.remaining())));
  return proposal;
}

std::uint64_t height_in(const Proposal& proposal) { return proposal.offer.height; }
std::uint64_t height_in(const Vote& vote) { return vote.height; }
std::uint64_t height_in(const Request& request) { return request.height; }
std::uint64_t height_in(const Committed& committed) { return committed->block.header.turn.height; }

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

Bytes encode(const Vote& vote) {
  ByteWriter writer;
  write_signed_part(vote, writer);
  return writer.raw(vote.signature.bytes).take();
}

Vote decode_vote(ByteView bytes) {
  ByteReader reader(bytes, "vote");
  const Vote vote = read_vote(reader);
  reader.finish();
  return vote;
}

Bytes signed_bytes(const Offer& offer) {
  ByteWriter writer;
  writer.tag("gridtally-offer");
  write_signed_part(offer, writer);
  return writer.take();
}

Offer sign_offer(Offer offer, const SecretKey& key) {
  offer.signature = key.sign(signed_bytes(offer));
  return offer;
}

Bytes encode(const Offer& offer) {
  ByteWriter writer;
  write_signed_part(offer, writer);
  return writer.raw(offer.signature.bytes).take();
}

Offer decode_offer(ByteView bytes) {
  ByteReader reader(bytes, "offer");
  Offer offer = read_offer(reader);
  reader.finish();
  return offer;
}

Bytes encode(const Message& message) {
  return std::visit([](const auto& each) { return encode_kind(each); }, message);
}

std::optional<MessageKind> kind_of(ByteView message) {
  if (message.empty() || message[0] > static_cast<std::uint8_t>(MessageKind::committed)) return {};
  return static_cast<MessageKind>(message[0]);
}

Message decode_message(ByteView bytes) {
  ByteReader reader(bytes, "consensus message");
  const auto kind = static_cast<MessageKind>(reader.u8());
  const auto rest = [&] { return reader.raw(reader.remaining()); };
  if (kind == MessageKind::proposal) return read_proposal(reader);
  if (kind == MessageKind::vote) return decode_vote(rest());
  if (kind == MessageKind::committed) {
    return std::make_shared<const CommittedBlock>(decode_committed_block(rest()));
  }
  if (kind != MessageKind::request) reader.fail("a message is of kind 0 to 3");
  const Request request{reader.u64()};
  reader.finish();
  return request;
}

std::uint64_t height_of(const Message& message) {
  return std::visit([](const auto& each) { return height_in(each); }, message);
}

}  // namespace gridtally::ledger
