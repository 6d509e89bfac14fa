#include "consensus/record.hpp"

#include <string_view>

#include "ledger/turn_codec.hpp"

namespace gridtally::consensus {

using ledger::ByteReader;
using ledger::ByteView;
using ledger::ByteWriter;
using ledger::Proposal;
using ledger::Vote;

namespace {

constexpr std::string_view tag = "gridtally-record";
constexpr std::size_t digest_size = 32;

void write_proposal(const Proposal& proposal, ByteWriter& writer) {
  writer.blob(encode(ledger::Message(proposal)));
}

Proposal read_proposal(ByteReader& reader) {
  const ledger::Message message = ledger::decode_message(reader.blob());
  const auto* proposal = std::get_if<Proposal>(&message);
  if (proposal == nullptr) reader.fail("a message that is no proposal");
  return *proposal;
}

void write_valid(const ValidBlock& valid, ByteWriter& writer) {
  writer.u32(valid.round);
  write_proposal(valid.proposal, writer);
  writer.u32(static_cast<std::uint32_t>(valid.prevotes.size()));
  for (const auto& [validator, signature] : valid.prevotes) {
    writer.u32(validator).raw(signature.bytes);
  }
}

ValidBlock read_valid(ByteReader& reader) {
  ValidBlock valid;
  valid.round = reader.u32();
  valid.proposal = read_proposal(reader);
  valid.prevotes.resize(reader.count(68));
  for (auto& entry : valid.prevotes) {
    entry.validator = reader.u32();
    entry.signature.bytes = reader.array<64>();
  }
  return valid;
}

template <typename T>
void write_optional(const std::optional<T>& value, ByteWriter& writer, auto&& write) {
  writer.u8(value ? 1 : 0);
  if (value) write(*value);
}

auto read_optional(ByteReader& reader, auto&& read) -> std::optional<decltype(read())> {
  if (!reader.boolean()) return std::nullopt;
  return read();
}

void require_own(const ByteReader& reader, bool own) {
  if (!own) reader.fail("a word that is not of this run, height and round, or of another key");
}

void require_own(const ByteReader& reader, const Record& record, const std::optional<Vote>& vote,
                 ledger::Step step) {
  if (!vote) return;
  require_own(reader, vote->run_id == record.run_id && vote->height == record.height &&
                          vote->round == record.round && vote->step == step &&
                          verify(record.key, signed_bytes(*vote), vote->signature));
}

void require_own_words(const ByteReader& reader, const Record& record) {
  require_own(reader, record, record.prevote, ledger::Step::prevote);
  require_own(reader, record, record.precommit, ledger::Step::precommit);
  if (!record.offer) return;
  const ledger::Offer& offer = record.offer->offer;
  require_own(reader, offer.run_id == record.run_id && offer.height == record.height &&
                          offer.round == record.round &&
                          verify(record.key, signed_bytes(offer), offer.signature));
}

Record read_record(ByteReader& reader) {
  Record record;
  const ByteView name = reader.raw(tag.size());
  if (std::string_view(reinterpret_cast<const char*>(name.data()), name.size()) != tag) {
    reader.fail("it does not begin with " + std::string(tag));
  }
  ledger::read_version(reader, Record::version);
  record.run_id = reader.array<32>();
  record.key.bytes = reader.array<32>();
  record.height = reader.u64();
  record.round = reader.u32();
  const auto vote = [&] { return ledger::decode_vote(reader.blob()); };
  record.offer = read_optional(reader, [&] { return read_proposal(reader); });
  record.prevote = read_optional(reader, vote);
  record.precommit = read_optional(reader, vote);
  record.lock = read_optional(reader, [&] {
    const std::uint32_t round = reader.u32();
    return Lock{round, reader.array<32>()};
  });
  record.valid = read_optional(reader, [&] { return read_valid(reader); });
  return record;
}

}  // namespace

ledger::Bytes encode(const Record& record) {
  ByteWriter writer;
  writer.tag(tag).u16(Record::version).raw(record.run_id).raw(record.key.bytes);
  writer.u64(record.height).u32(record.round);
  const auto vote = [&](const Vote& each) { writer.blob(encode(each)); };
  write_optional(record.offer, writer, [&](const Proposal& each) { write_proposal(each, writer); });
  write_optional(record.prevote, writer, vote);
  write_optional(record.precommit, writer, vote);
  write_optional(record.lock, writer,
                 [&](const Lock& lock) { writer.u32(lock.round).raw(lock.block_hash); });
  write_optional(record.valid, writer, [&](const ValidBlock& each) { write_valid(each, writer); });
  const ledger::Digest sum = ledger::sha256(writer.bytes());
  return writer.raw(sum).take();
}

Record decode_record(ByteView bytes) {
  ByteReader reader(bytes, "validator's record");
  if (bytes.size() < digest_size) reader.fail("it is shorter than its checksum");
  const ByteView body = bytes.first(bytes.size() - digest_size);
  Record record = read_record(reader);
  if (reader.offset() != body.size()) reader.fail("the checksum should follow here");
  if (reader.array<digest_size>() != ledger::sha256(body)) reader.fail("a wrong checksum");
  require_own_words(reader, record);
  return record;
}

}  // namespace gridtally::consensus
