#include "ledger/proof.hpp"

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "ledger/turn_codec.hpp"

namespace gridtally::ledger {
namespace {

constexpr std::string_view tag = "gridtally-proof";

void write_path(const std::vector<Digest>& path, ByteWriter& writer) {
  writer.u32(static_cast<std::uint32_t>(path.size()));
  for (const Digest& node : path) writer.raw(node);
}

std::vector<Digest> read_path(ByteReader& reader) {
  std::vector<Digest> path(reader.count(32));
  for (Digest& node : path) node = reader.array<32>();
  return path;
}

Bytes read_blob(ByteReader& reader) {
  const ByteView bytes = reader.blob();
  return {bytes.begin(), bytes.end()};
}

void read_question(Proof& proof, ByteReader& reader) {
  const std::uint8_t question = reader.u8();
  if (question > static_cast<std::uint8_t>(Proof::Question::iterate)) {
    reader.fail("a question is of kind 0 to 2");
  }
  proof.question = static_cast<Proof::Question>(question);
  proof.partner = reader.u32();
  if (proof.question != Proof::Question::trade && proof.partner != 0) {
    reader.fail("a partner where no trade is asked for");
  }
}

Bytes with_checksum(Bytes bytes) {
  const Digest sum = sha256(bytes);
  bytes.insert(bytes.end(), sum.begin(), sum.end());
  return bytes;
}

/// The bytes before the checksum at the end, which must be theirs.
ByteView without_checksum(ByteView bytes) {
  if (bytes.size() < 32) throw FormatError("a proof has more bytes");
  const ByteView content = bytes.first(bytes.size() - 32);
  const Digest sum = sha256(content);
  if (!std::equal(sum.begin(), sum.end(), bytes.end() - 32)) {
    throw FormatError("proof: damaged, its checksum is not that of its bytes");
  }
  return content;
}

std::optional<std::string> fault_of_answer(const Header& header, const ProsumerLeaf& leaf,
                                           Proof::Question question, std::uint32_t partner) {
  const std::string height = "block " + std::to_string(header.turn.height);
  if (question == Proof::Question::iterate) {
    if (header.turn.phase == Phase::trading && leaf.phase == Phase::trading) return std::nullopt;
    return height + " is of a settlement: it has no iterate";
  }
  if (!header.settled || leaf.phase != Phase::settlement) {
    return height + " does not settle a day: it has no bill and no final trade";
  }
  const auto& partners = leaf.partners;
  if (question == Proof::Question::trade &&
      std::find(partners.begin(), partners.end(), partner) == partners.end()) {
    return "prosumer " + std::to_string(partner) + " is no partner of prosumer " +
           std::to_string(leaf.prosumer);
  }
  return std::nullopt;
}

std::optional<std::string> fault_of_head(const Proof& proof, const Digest& head) {
  const Digest found = block_hash(proof.head);
  if (found != head) {
    return "its head has the hash " + to_hex(found) + ", not the head given, " + to_hex(head);
  }
  if (!merkle::verify_inclusion(merkle::leaf_hash(proof.validators), 0, proof.state.leaves,
                                proof.validators_path, proof.head.state_root)) {
    return "its validators are not in the head's state";
  }
  return std::nullopt;
}

/// Precommits of the head, judged by the keys that its state holds. Which quorum it needed is not
/// asked: the head itself may have changed that, and who gives a head's hash trusts that head.
std::optional<std::string> fault_of_votes(const Proof& proof) {
  const Membership membership = read_globals_leaf(proof.validators).membership;
  const Digest hash = block_hash(proof.head);
  const Certificate& certificate = proof.certificate;
  if (certificate.block_hash != hash || certificate.precommits.empty()) {
    return "its votes are not for the head";
  }
  std::uint64_t least = 0;
  for (const Certificate::Entry& entry : certificate.precommits) {
    const Vote vote{
        Step::precommit, proof.head.run_id, proof.head.turn.height, certificate.round, hash,
        entry.validator, entry.signature};
    if (entry.validator < least || entry.validator >= membership.known().size() ||
        !verify(membership.known()[entry.validator], signed_bytes(vote), vote.signature)) {
      return "the vote of validator " + std::to_string(entry.validator) + " for the head is bad";
    }
    least = std::uint64_t{entry.validator} + 1;
  }
  return std::nullopt;
}

std::optional<std::string> fault_of_place(const Proof& proof) {
  const std::uint64_t height = proof.header.turn.height;
  const Digest hash = block_hash(proof.header);
  const std::string named = "block " + std::to_string(height);
  if (proof.header == proof.head && proof.history_path.empty()) return std::nullopt;
  if (!merkle::verify_inclusion(Tip::leaf(hash), height, proof.head.turn.height, proof.history_path,
                                proof.head.history)) {
    return named + " is not in the history of the head";
  }
  return std::nullopt;
}

std::optional<std::string> fault_of_state(const Proof& proof) {
  const std::string prosumer = "prosumer " + std::to_string(proof.state.prosumer);
  if (!verify_prosumer_state(proof.state, proof.header.state_root)) {
    return "the leaf of " + prosumer + " is not in the state after block " +
           std::to_string(proof.header.turn.height);
  }
  const ProsumerLeaf leaf = read_prosumer_leaf(proof.state.leaf);
  if (leaf.prosumer != proof.state.prosumer) return "the leaf is not of " + prosumer;
  return fault_of_answer(proof.header, leaf, proof.question, proof.partner);
}

}  // namespace

Proof make_proof(const ProofSource& source, std::uint32_t prosumer, Proof::Question question,
                 std::uint32_t partner) {
  Proof proof;
  proof.question = question;
  proof.partner = partner;
  proof.header = source.header;
  proof.state = prove_prosumer_state(source.genesis, source.state, prosumer);
  const auto leaf = read_prosumer_leaf(proof.state.leaf);
  if (auto bad = fault_of_answer(source.header, leaf, question, partner)) throw InputError(*bad);

  proof.head = source.head.block.header;
  const std::uint64_t height = proof.head.turn.height;
  std::vector<Digest> history;
  for (std::uint64_t h = 0; h < height; ++h) history.push_back(Tip::leaf(source.hashes[h]));
  if (proof.header != proof.head) {
    proof.history_path = merkle::inclusion_proof(history, proof.header.turn.height);
  }
  proof.validators = state_leaf(source.genesis, source.head_state, 0);
  proof.validators_path =
      merkle::inclusion_proof(state_leaf_hashes(source.genesis, source.head_state), 0);
  proof.certificate = source.head.certificate;
  return proof;
}

Bytes encode(const Proof& proof) {
  ByteWriter writer;
  writer.tag(tag).u16(Proof::version);
  writer.u8(static_cast<std::uint8_t>(proof.question)).u32(proof.partner);
  writer.raw(encode(proof.header));
  writer.u32(proof.state.prosumer).u64(proof.state.leaves).blob(proof.state.leaf);
  write_path(proof.state.path, writer);
  writer.raw(encode(proof.head));
  write_path(proof.history_path, writer);
  writer.blob(proof.validators);
  write_path(proof.validators_path, writer);
  writer.raw(encode(proof.certificate));
  return with_checksum(writer.take());
}

Proof decode_proof(ByteView bytes) {
  ByteReader reader(bytes, "proof");
  for (const char letter : tag) {
    if (reader.u8() != static_cast<std::uint8_t>(letter)) reader.fail("not a proof");
  }
  read_version(reader, Proof::version);
  ByteReader rest(without_checksum(bytes).subspan(reader.offset()), "proof");
  const std::size_t header_bytes = encode(Header{}).size();
  Proof proof;
  read_question(proof, rest);
  proof.header = decode_header(rest.raw(header_bytes));
  proof.state.prosumer = rest.u32();
  proof.state.leaves = rest.u64();
  proof.state.leaf = read_blob(rest);
  proof.state.path = read_path(rest);
  proof.head = decode_header(rest.raw(header_bytes));
  proof.history_path = read_path(rest);
  proof.validators = read_blob(rest);
  proof.validators_path = read_path(rest);
  proof.certificate = decode_certificate(rest.raw(rest.remaining()));
  return proof;
}

std::optional<std::string> fault_of_proof(const Proof& proof, const Digest& head) {
  try {
    if (auto bad = fault_of_head(proof, head)) return bad;
    if (auto bad = fault_of_votes(proof)) return bad;
    if (auto bad = fault_of_place(proof)) return bad;
    return fault_of_state(proof);
  } catch (const FormatError& error) {
    return std::string(error.what());
  }
}

}  // namespace gridtally::ledger
