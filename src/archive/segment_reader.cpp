#include "archive/segment_reader.hpp"

#include <algorithm>

#include "archive/coordinates.hpp"
#include "base/error.hpp"

namespace gridtally::archive {

namespace {
void require_equal(const std::string& what, std::uint64_t expected, std::uint64_t found) {
  if (expected == found) return;
  throw FormatError(what + ": expected " + std::to_string(expected) + ", found " +
                    std::to_string(found));
}

bool flag(ledger::ByteView row, std::size_t index, const std::string& what) {
  const auto value = number_at<std::uint8_t>(row, index);
  if (value > 1) throw FormatError(what + ": expected 0 or 1, found " + std::to_string(value));
  return value == 1;
}

ledger::Digest digest_at(ledger::ByteView row, std::size_t index) {
  ledger::Digest digest;
  const auto bytes = row.subspan(index * digest.size(), digest.size());
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

ledger::Signature signature_at(ledger::ByteView row, std::size_t index) {
  ledger::Signature signature;
  const auto bytes = row.subspan(index * signature.bytes.size(), signature.bytes.size());
  std::copy(bytes.begin(), bytes.end(), signature.bytes.begin());
  return signature;
}

/// Numbers of blocks by phase, bounded by what the genesis allows and by the manifest.
Extents claimed_extents(hid_t file, const ledger::Genesis& genesis, const SegmentEntry& entry) {
  const auto iterations = hdf5::read_number_attribute(file, "iterations");
  const auto rounds = hdf5::read_number_attribute(file, "rounds");
  const auto most = static_cast<std::uint64_t>(genesis.terms.max_iterations);
  if (iterations > most || rounds > max_rounds(genesis)) {
    throw FormatError("attributes iterations and rounds: " + std::to_string(iterations) + " and " +
                      std::to_string(rounds) + ", at most " + std::to_string(most) + " and " +
                      std::to_string(max_rounds(genesis)) + " are possible");
  }
  require_equal("blocks of the segment", entry.last - entry.first + 1, iterations + rounds);
  return segment_extents(genesis, iterations, rounds);
}
}  // namespace

SegmentReader::SegmentReader(const std::filesystem::path& path, const ledger::Genesis& genesis,
                             const ledger::Digest& run_id, std::uint32_t day,
                             const SegmentEntry& entry, const ledger::Digest& parent)
    : genesis_(genesis),
      run_id_(run_id),
      day_(day),
      height_(entry.first),
      last_(entry.last),
      parent_(parent),
      file_(hdf5::open_file(path)),
      columns_(segment_columns(genesis)) {
  check_attributes(day, entry);
  extents_ = claimed_extents(file_.get(), genesis, entry);
  const auto found = hdf5::dataset_paths(file_.get(), 4 * columns_.size());
  if (found.size() != columns_.size()) {
    throw FormatError("the file has " + std::to_string(found.size()) + " datasets, expected " +
                      std::to_string(columns_.size()));
  }
  for (const auto& column : columns_) {
    readers_.emplace(column.path, ColumnReader(file_.get(), column, extents_));
  }
  check_coordinates();
}

void SegmentReader::check_attributes(std::uint32_t day, const SegmentEntry& entry) {
  const hid_t file = file_.get();
  const auto format = hdf5::read_text_attribute(file, "format");
  if (format != segment_format) {
    throw FormatError("attribute format: expected " + std::string(segment_format) + ", found " +
                      format);
  }
  require_equal("attribute format_version", segment_version,
                hdf5::read_number_attribute(file, "format_version"));
  require_equal("attribute day", day, hdf5::read_number_attribute(file, "day"));
  require_equal("attribute first_height", entry.first,
                hdf5::read_number_attribute(file, "first_height"));
  const auto run = hdf5::read_text_attribute(file, "run_id");
  if (run != ledger::to_hex(run_id_)) {
    throw FormatError("attribute run_id: expected " + ledger::to_hex(run_id_) + ", found " + run);
  }
}

void SegmentReader::check_coordinates() {
  for (const auto& [path, bytes] : segment_coordinates(genesis_, day_, height_, extents_)) {
    if (readers_.at(path).all() != bytes) {
      throw FormatError("dataset " + path + ": differs from the genesis");
    }
  }
}

ledger::ByteView SegmentReader::row(const std::string& path) {
  return readers_.at(path).next_row();
}

ledger::Header SegmentReader::next_header() {
  ledger::Header header;
  header.run_id = run_id_;
  header.parent = parent_;
  header.turn.height = height_;
  header.turn.day = day_;
  header.turn.phase = flag(row("/blocks/phase"), 0, "/blocks/phase") ? ledger::Phase::settlement
                                                                     : ledger::Phase::trading;
  header.turn.iteration = number_at<std::uint32_t>(row("/blocks/iteration"), 0);
  header.round = number_at<std::uint32_t>(row("/blocks/consensus_round"), 0);
  header.proposer = number_at<std::uint32_t>(row("/blocks/proposer"), 0);
  header.state_root = digest_at(row("/blocks/state_root"), 0);
  header.residual = number_at<double>(row("/blocks/residual"), 0);
  const auto flags = number_at<std::uint8_t>(row("/blocks/flags"), 0);
  if (flags > 3) throw FormatError("/blocks/flags: found " + std::to_string(flags));
  header.converged = (flags & 1) != 0;
  header.settled = (flags & 2) != 0;
  return header;
}

void SegmentReader::fill_decisions(std::vector<ledger::Transaction>& transactions) {
  const auto decisions = row("/trading/decision");
  const auto commitments = row("/trading/commitment");
  for (auto& transaction : transactions) {
    const auto& meter = genesis_.meters[transaction.meter];
    for (auto u = meter.first; u < meter.first + meter.count; ++u) {
      const auto own = decisions.subspan(8 * genesis_.terms.decision_offset(u),
                                         8 * genesis_.terms.decision_size(u));
      transaction.decisions.push_back({u, numbers<double>(own), digest_at(commitments, u)});
    }
  }
}

void SegmentReader::fill_acceptances(std::vector<ledger::Transaction>& transactions) {
  const auto accepted = row("/settlement/accepted");
  const auto change = row("/settlement/change");
  const auto cost = row("/settlement/cost");
  const auto cost_alone = row("/settlement/cost_alone");
  const auto bound = row("/settlement/bound");
  const auto commitments = row("/settlement/commitment");
  const auto row_bytes = 8 * genesis_.terms.slots;
  for (auto& transaction : transactions) {
    const auto& meter = genesis_.meters[transaction.meter];
    for (auto u = meter.first; u < meter.first + meter.count; ++u) {
      ledger::Acceptance answer;
      answer.prosumer = u;
      answer.accepted = flag(accepted, u, "/settlement/accepted");
      answer.change = numbers<double>(change.subspan(u * row_bytes, row_bytes));
      answer.cost = number_at<double>(cost, u);
      answer.cost_alone = number_at<double>(cost_alone, u);
      answer.bound = number_at<double>(bound, u);
      answer.commitment = digest_at(commitments, u);
      transaction.acceptances.push_back(std::move(answer));
    }
  }
}

std::vector<ledger::SignedTransaction> SegmentReader::next_transactions(
    const ledger::Header& header) {
  const auto nonces = row("/transactions/nonce");
  const auto signatures = row("/transactions/signature");
  std::vector<ledger::Transaction> contents(genesis_.meters.size());
  for (std::uint32_t meter = 0; meter < contents.size(); ++meter) {
    contents[meter].run_id = run_id_;
    contents[meter].turn = header.turn;
    contents[meter].meter = meter;
    contents[meter].nonce = number_at<std::uint64_t>(nonces, meter);
  }
  if (header.turn.phase == ledger::Phase::trading) {
    fill_decisions(contents);
  } else {
    fill_acceptances(contents);
  }
  std::vector<ledger::SignedTransaction> transactions;
  transactions.reserve(contents.size());
  for (std::uint32_t meter = 0; meter < contents.size(); ++meter) {
    transactions.emplace_back(std::move(contents[meter]), signature_at(signatures, meter));
  }
  return transactions;
}

ledger::Certificate SegmentReader::next_certificate(const ledger::Digest& hash) {
  ledger::Certificate certificate;
  certificate.round = number_at<std::uint32_t>(row("/blocks/commit_round"), 0);
  certificate.block_hash = hash;
  const auto present = row("/blocks/precommitted");
  const auto signatures = row("/blocks/precommit");
  for (std::uint32_t validator = 0; validator < present.size(); ++validator) {
    const auto signature = signature_at(signatures, validator);
    if (flag(present, validator, "/blocks/precommitted")) {
      certificate.precommits.push_back({validator, signature});
    } else if (signature != ledger::Signature{}) {
      throw FormatError("/blocks/precommit: bytes where /blocks/precommitted says none");
    }
  }
  return certificate;
}

std::optional<ledger::CommittedBlock> SegmentReader::next() {
  if (height_ > last_) return std::nullopt;
  ledger::CommittedBlock committed;
  auto& block = committed.block;
  block.header = next_header();
  block.transactions = next_transactions(block.header);
  block.header.transactions_root = ledger::transactions_root(block.transactions);
  block.proposer_signature = signature_at(row("/blocks/proposer_signature"), 0);
  const auto hash = ledger::block_hash(block.header);
  const auto stored = digest_at(row("/blocks/hash"), 0);
  if (hash != stored) {
    throw FormatError("/blocks/hash: the block's bytes give " + ledger::to_hex(hash) + ", found " +
                      ledger::to_hex(stored));
  }
  committed.certificate = next_certificate(hash);
  commit_time_ = number_at<double>(row("/measured/commit_time"), 0);
  parent_ = hash;
  ++height_;
  return committed;
}

DayResult SegmentReader::result() {
  const hid_t file = file_.get();
  DayResult result;
  result.day = day_;
  result.converged = hdf5::read_number_attribute(file, "converged") != 0;
  result.settled = hdf5::read_number_attribute(file, "settled") != 0;
  result.iterations = static_cast<std::uint32_t>(extents_.iterations);
  result.rounds = static_cast<std::uint32_t>(extents_.rounds);
  result.residual = hdf5::read_real_attribute(file, "residual");
  result.congestion_rent = hdf5::read_real_attribute(file, "congestion_rent");
  const auto reals = [&](const char* name) {
    return numbers<double>(readers_.at(std::string("/result/") + name).all());
  };
  if (lists_pairs(genesis_)) {
    result.trade = reals("trade");
    result.price = reals("price");
  }
  result.net_trade = reals("net_trade");
  result.bill = numbers<std::int64_t>(readers_.at("/result/bill").all());
  result.cost = reals("cost");
  result.cost_alone = reals("cost_alone");
  result.bound = reals("bound");
  return result;
}

}  // namespace gridtally::archive
