#include "ledger/block.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/crew.hpp"
#include "base/error.hpp"
#include "ledger/turn_codec.hpp"

namespace gridtally::ledger {
namespace {

constexpr std::size_t smallest_transaction = 4 + 2 + 32 + 17 + 4 + 8 + 4 + 64;
constexpr std::size_t smallest_ballot = 4 + 2 + 32 + 4 + 32 + 1 + 8 + 8 + 64;

Header read_header(ByteReader& reader) {
  Header header;
  read_version(reader, Header::version);
  header.run_id = reader.array<32>();
  header.turn = read_turn(reader);
  header.round = reader.u32();
  header.proposer = reader.u32();
  header.parent = reader.array<32>();
  header.history = reader.array<32>();
  header.transactions_root = reader.array<32>();
  header.state_root = reader.array<32>();
  header.residual = reader.f64();
  header.converged = reader.boolean();
  header.settled = reader.boolean();
  return header;
}

void write_certificate(const Certificate& certificate, ByteWriter& writer) {
  writer.u16(Certificate::version).u32(certificate.round).raw(certificate.block_hash);
  writer.u32(static_cast<std::uint32_t>(certificate.precommits.size()));
  for (const Certificate::Entry& entry : certificate.precommits) {
    writer.u32(entry.validator).raw(entry.signature.bytes);
  }
}

Certificate read_certificate(ByteReader& reader) {
  Certificate certificate;
  read_version(reader, Certificate::version);
  certificate.round = reader.u32();
  certificate.block_hash = reader.array<32>();
  certificate.precommits.resize(reader.count(68));
  for (Certificate::Entry& entry : certificate.precommits) {
    entry.validator = reader.u32();
    entry.signature.bytes = reader.array<64>();
  }
  return certificate;
}

}  // namespace

Bytes encode(const Header& header) {
  ByteWriter writer;
  writer.u16(Header::version).raw(header.run_id);
  write_turn(header.turn, writer);
  writer.u32(header.round).u32(header.proposer);
  writer.raw(header.parent).raw(header.history);
  writer.raw(header.transactions_root).raw(header.state_root);
  writer.f64(header.residual).u8(header.converged ? 1 : 0).u8(header.settled ? 1 : 0);
  return writer.take();
}

Digest block_hash(const Header& header) { return sha256(encode(header)); }

Header decode_header(ByteView bytes) {
  ByteReader reader(bytes, "header");
  const Header header = read_header(reader);
  reader.finish();
  return header;
}

Digest transactions_root(const Block& block) {
  std::vector<Digest> leaves;
  leaves.reserve(block.transactions.size() + block.ballots.size() + block.payments.size());
  for (const SignedTransaction& transaction : block.transactions) {
    leaves.push_back(merkle::leaf_hash(transaction.id()));
  }
  for (const Ballot& ballot : block.ballots) leaves.push_back(merkle::leaf_hash(ballot_id(ballot)));
  for (const Payment& payment : block.payments) {
    leaves.push_back(merkle::leaf_hash(encode(payment)));
  }
  return merkle::root(leaves);
}

Bytes proposal_bytes(const Digest& block_hash) {
  ByteWriter writer;
  return writer.tag("gridtally-block").raw(block_hash).take();
}

Bytes encode(const Block& block) {
  ByteWriter writer;
  writer.raw(encode(block.header)).u32(static_cast<std::uint32_t>(block.transactions.size()));
  for (const SignedTransaction& transaction : block.transactions) writer.blob(encode(transaction));
  writer.u32(static_cast<std::uint32_t>(block.ballots.size()));
  for (const Ballot& ballot : block.ballots) writer.blob(encode(ballot));
  writer.u32(static_cast<std::uint32_t>(block.payments.size()));
  for (const Payment& payment : block.payments) writer.raw(encode(payment));
  return writer.raw(block.proposer_signature.bytes).take();
}

namespace {
// The roots of their rows, which are hashed anew, take most of a large block's time: a lent crew
// helps.
std::vector<SignedTransaction> decode_transactions(const std::vector<ByteView>& all) {
  std::vector<std::optional<SignedTransaction>> decoded(all.size());
  std::size_t bytes = 0;
  for (const auto& each : all) bytes += each.size();
  try {
    share_rows(all.size(), bytes / sizeof(double) / std::max<std::size_t>(1, all.size()),
               [&](std::size_t first, std::size_t last) {
                 for (std::size_t i = first; i < last; ++i)
                   decoded[i].emplace(decode_transaction(all[i]));
               });
  } catch (const FormatError&) {  // which of several is told must not depend on who came first
    for (const auto& each : all) decode_transaction(each);
    throw;
  }
  std::vector<SignedTransaction> transactions;
  transactions.reserve(all.size());
  for (auto& each : decoded) transactions.push_back(std::move(*each));
  return transactions;
}
}  // namespace

Block decode_block(ByteView bytes) {
  ByteReader reader(bytes, "block");
  Block block;
  block.header = read_header(reader);
  std::vector<ByteView> transactions(reader.count(smallest_transaction));
  for (auto& transaction : transactions) transaction = reader.blob();
  block.transactions = decode_transactions(transactions);
  const std::size_t ballots = reader.count(smallest_ballot);
  block.ballots.reserve(ballots);
  for (std::size_t i = 0; i < ballots; ++i) block.ballots.push_back(decode_ballot(reader.blob()));
  block.payments.resize(reader.count(16));
  for (Payment& payment : block.payments) {
    payment.from = reader.u32();
    payment.to = reader.u32();
    payment.amount = reader.i64();
  }
  block.proposer_signature.bytes = reader.array<64>();
  reader.finish();
  return block;
}

Bytes encode(const Certificate& certificate) {
  ByteWriter writer;
  write_certificate(certificate, writer);
  return writer.take();
}

Certificate decode_certificate(ByteView bytes) {
  ByteReader reader(bytes, "certificate");
  Certificate certificate = read_certificate(reader);
  reader.finish();
  return certificate;
}

Bytes encode(const CommittedBlock& committed) {
  ByteWriter writer;
  writer.blob(encode(committed.block));
  write_certificate(committed.certificate, writer);
  return writer.take();
}

CommittedBlock decode_committed_block(ByteView bytes) {
  ByteReader reader(bytes, "committed block");
  CommittedBlock committed;
  committed.block = decode_block(reader.blob());
  committed.certificate = read_certificate(reader);
  reader.finish();
  return committed;
}

std::uint32_t quorum(std::uint32_t validators) {
  return static_cast<std::uint32_t>(std::uint64_t{2} * validators / 3 + 1);
}

}  // namespace gridtally::ledger
