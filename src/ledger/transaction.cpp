#include "ledger/transaction.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "ledger/turn_codec.hpp"

namespace gridtally::ledger {
namespace {

void write_row(const Decision& row, ByteWriter& writer) {
  writer.u32(row.prosumer).u32(static_cast<std::uint32_t>(row.numbers.size()));
  writer.f64s(row.numbers).raw(row.commitment);
}

void write_row(const Acceptance& row, ByteWriter& writer) {
  writer.u32(row.prosumer).u8(row.accepted ? 1 : 0);
  writer.u32(static_cast<std::uint32_t>(row.change.size())).f64s(row.change);
  writer.f64(row.cost).f64(row.cost_alone).f64(row.bound).raw(row.commitment);
}

void read_row(Decision& row, ByteReader& reader) {
  row.prosumer = reader.u32();
  row.numbers = reader.f64s(reader.count(8));
  row.commitment = reader.array<32>();
}

void read_row(Acceptance& row, ByteReader& reader) {
  row.prosumer = reader.u32();
  row.accepted = reader.boolean();
  row.change = reader.f64s(reader.count(8));
  row.cost = reader.f64();
  row.cost_alone = reader.f64();
  row.bound = reader.f64();
  row.commitment = reader.array<32>();
}

template <typename Row>
Bytes encode_row(const Row& row) {
  ByteWriter writer;
  write_row(row, writer);
  return writer.take();
}

template <typename Row>
void write_rows(const std::vector<Row>& rows, ByteWriter& writer) {
  writer.u32(static_cast<std::uint32_t>(rows.size()));
  for (const Row& row : rows) write_row(row, writer);
}

template <typename Row>
void read_rows(std::vector<Row>& rows, std::size_t smallest, ByteReader& reader) {
  rows.resize(reader.count(smallest));
  for (Row& row : rows) read_row(row, reader);
}

template <typename Row>
std::vector<Digest> leaves_of(const std::vector<Row>& rows) {
  std::vector<Digest> leaves;
  leaves.reserve(rows.size());
  for (const Row& row : rows) leaves.push_back(merkle::leaf_hash(encode_row(row)));
  return leaves;
}

std::vector<Digest> row_leaves(const Transaction& transaction) {
  return transaction.turn.phase == Phase::trading ? leaves_of(transaction.decisions)
                                                  : leaves_of(transaction.acceptances);
}

template <typename Row>
RowProof prove(const std::vector<Row>& rows, std::uint32_t prosumer) {
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const Row& each) { return each.prosumer == prosumer; });
  if (row == rows.end()) {
    throw Error("prosumer " + std::to_string(prosumer) + " has no row in this transaction");
  }
  const auto index = static_cast<std::uint32_t>(row - rows.begin());
  return {encode_row(*row), index, static_cast<std::uint32_t>(rows.size()),
          merkle::inclusion_proof(leaves_of(rows), index)};
}

}  // namespace

std::string_view name(Phase phase) { return phase == Phase::trading ? "trading" : "settlement"; }

Bytes encode(const Decision& row) { return encode_row(row); }
Bytes encode(const Acceptance& row) { return encode_row(row); }

Digest rows_root(const Transaction& transaction) { return merkle::root(row_leaves(transaction)); }

Bytes signed_bytes(const Transaction& transaction, const Digest& rows_root) {
  ByteWriter writer;
  writer.tag("gridtally-tx").u16(Transaction::version).raw(transaction.run_id);
  write_turn(transaction.turn, writer);
  writer.raw(transaction.parent).u32(transaction.meter).u64(transaction.nonce).raw(rows_root);
  return writer.take();
}

SignedTransaction::SignedTransaction(Transaction transaction, const Signature& signature)
    : content_(std::move(transaction)),
      signature_(signature),
      rows_root_(ledger::rows_root(content_)),
      id_(sha256({signed_bytes(), signature_.bytes})) {}

SignedTransaction::SignedTransaction(Transaction transaction, const Digest& rows_root,
                                     const Signature& signature)
    : content_(std::move(transaction)),
      signature_(signature),
      rows_root_(rows_root),
      id_(sha256({signed_bytes(), signature_.bytes})),
      has_rows_(false) {}

Bytes SignedTransaction::signed_bytes() const { return ledger::signed_bytes(content_, rows_root_); }

SignedTransaction sign_transaction(Transaction transaction, const SecretKey& key) {
  const Signature signature = key.sign(signed_bytes(transaction, rows_root(transaction)));
  return {std::move(transaction), signature};
}

Bytes encode(const SignedTransaction& transaction) {
  const Transaction& content = transaction.content();
  if (!transaction.has_rows()) {
    throw Error("the transaction of meter " + std::to_string(content.meter) + " of height " +
                std::to_string(content.turn.height) +
                " has no rows to encode: they were left out of the archive");
  }
  ByteWriter writer;
  writer.u16(Transaction::version).raw(content.run_id);
  write_turn(content.turn, writer);
  writer.raw(content.parent).u32(content.meter).u64(content.nonce);
  if (content.turn.phase == Phase::trading) {
    write_rows(content.decisions, writer);
  } else {
    write_rows(content.acceptances, writer);
  }
  return writer.raw(transaction.signature().bytes).take();
}

SignedTransaction decode_transaction(ByteView bytes) {
  ByteReader reader(bytes, "transaction");
  read_version(reader, Transaction::version);
  Transaction content;
  content.run_id = reader.array<32>();
  content.turn = read_turn(reader);
  content.parent = reader.array<32>();
  content.meter = reader.u32();
  content.nonce = reader.u64();
  if (content.turn.phase == Phase::trading) {
    read_rows(content.decisions, 40, reader);
  } else {
    read_rows(content.acceptances, 65, reader);
  }
  Signature signature;
  signature.bytes = reader.array<64>();
  reader.finish();
  return {std::move(content), signature};
}

Transaction make_transaction(const Digest& run_id, const Turn& turn, const Digest& parent,
                             std::uint32_t meter) {
  Transaction transaction;
  transaction.run_id = run_id;
  transaction.turn = turn;
  transaction.parent = parent;
  transaction.meter = meter;
  transaction.nonce = turn.height - 1;
  return transaction;
}

RowProof prove_row(const Transaction& transaction, std::uint32_t prosumer) {
  return transaction.turn.phase == Phase::trading ? prove(transaction.decisions, prosumer)
                                                  : prove(transaction.acceptances, prosumer);
}

bool verify_row(const RowProof& proof, const Digest& rows_root) {
  return merkle::verify_inclusion(merkle::leaf_hash(proof.row), proof.index, proof.rows, proof.path,
                                  rows_root);
}

}  // namespace gridtally::ledger
