#include "ledger/ballot.hpp"

#include "ledger/turn_codec.hpp"

namespace gridtally::ledger {
namespace {

void write_signed_part(const Ballot& ballot, ByteWriter& writer) {
  writer.u16(Ballot::version).raw(ballot.run_id).u32(ballot.voter).raw(ballot.candidate.bytes);
  writer.u8(ballot.add ? 1 : 0).u64(ballot.not_before).u64(ballot.nonce);
}

}  // namespace

Bytes signed_bytes(const Ballot& ballot) {
  ByteWriter writer;
  writer.tag("gridtally-ballot");
  write_signed_part(ballot, writer);
  return writer.take();
}

Ballot sign_ballot(Ballot ballot, const SecretKey& key) {
  ballot.signature = key.sign(signed_bytes(ballot));
  return ballot;
}

Bytes encode(const Ballot& ballot) {
  ByteWriter writer;
  write_signed_part(ballot, writer);
  return writer.raw(ballot.signature.bytes).take();
}

Ballot decode_ballot(ByteView bytes) {
  ByteReader reader(bytes, "ballot");
  read_version(reader, Ballot::version);
  Ballot ballot;
  ballot.run_id = reader.array<32>();
  ballot.voter = reader.u32();
  ballot.candidate.bytes = reader.array<32>();
  ballot.add = reader.boolean();
  ballot.not_before = reader.u64();
  ballot.nonce = reader.u64();
  ballot.signature.bytes = reader.array<64>();
  reader.finish();
  return ballot;
}

Digest ballot_id(const Ballot& ballot) { return sha256(encode(ballot)); }

}  // namespace gridtally::ledger
