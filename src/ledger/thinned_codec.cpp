#include "ledger/thinned_codec.hpp"

#include "ledger/turn_codec.hpp"

namespace gridtally::ledger {

namespace {

constexpr std::size_t envelope_bytes = 17 + 32 + 4 + 8 + 32 + 64;

void write_envelope(const SignedTransaction& transaction, ByteWriter& writer) {
  const Transaction& content = transaction.content();
  write_turn(content.turn, writer);
  writer.raw(content.parent).u32(content.meter).u64(content.nonce);
  writer.raw(transaction.rows_root()).raw(transaction.signature().bytes);
}

SignedTransaction read_envelope(const Digest& run_id, ByteReader& reader) {
  Transaction content;
  content.run_id = run_id;
  content.turn = read_turn(reader);
  content.parent = reader.array<32>();
  content.meter = reader.u32();
  content.nonce = reader.u64();
  const auto root = reader.array<32>();
  Signature signature;
  signature.bytes = reader.array<64>();
  return {std::move(content), root, signature};
}

std::vector<double> read_list(ByteReader& reader) { return reader.f64s(reader.count(8)); }

void write_list(const std::vector<double>& numbers, ByteWriter& writer) {
  writer.u32(static_cast<std::uint32_t>(numbers.size())).f64s(numbers);
}

}  // namespace

Bytes encode_thinned(const Block& block) {
  ByteWriter writer;
  writer.blob(encode(block.header)).u32(static_cast<std::uint32_t>(block.transactions.size()));
  for (const auto& transaction : block.transactions) write_envelope(transaction, writer);
  writer.u32(static_cast<std::uint32_t>(block.ballots.size()));
  for (const auto& ballot : block.ballots) writer.blob(encode(ballot));
  return writer.raw(block.proposer_signature.bytes).take();
}

Block decode_thinned_block(ByteView bytes) {
  ByteReader reader(bytes, "thinned block");
  Block block;
  block.header = decode_header(reader.blob());
  const std::size_t transactions = reader.count(envelope_bytes);
  block.transactions.reserve(transactions);
  for (std::size_t i = 0; i < transactions; ++i) {
    block.transactions.push_back(read_envelope(block.header.run_id, reader));
  }
  const std::size_t ballots = reader.count(4);
  for (std::size_t i = 0; i < ballots; ++i) block.ballots.push_back(decode_ballot(reader.blob()));
  block.proposer_signature.bytes = reader.array<64>();
  reader.finish();
  return block;
}

Bytes encode(const ThinnedDay& day) {
  ByteWriter writer;
  writer.u32(day.iterations).blob(day.carried.globals);
  write_list(day.carried.iterate, writer);
  write_list(day.carried.premium, writer);
  return writer.take();
}

ThinnedDay decode_thinned_day(ByteView bytes) {
  ByteReader reader(bytes, "thinned day");
  ThinnedDay day;
  day.iterations = reader.u32();
  const auto globals = reader.blob();
  day.carried.globals.assign(globals.begin(), globals.end());
  day.carried.iterate = read_list(reader);
  day.carried.premium = read_list(reader);
  reader.finish();
  return day;
}

}  // namespace gridtally::ledger
