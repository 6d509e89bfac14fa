#include "archive/segment_reader.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "archive/coordinates.hpp"
#include "archive/segment_claims.hpp"
#include "base/error.hpp"

namespace gridtally::archive {

namespace {
bool flag(ledger::ByteView row, std::size_t index, const std::string& what) {
  const auto value = number_at<std::uint8_t>(row, index);
  if (value > 1) throw FormatError(what + ": expected 0 or 1, found " + std::to_string(value));
  return value == 1;
}

bool flag_attribute(const hdf5::Reader& file, const char* name) {
  const auto value = file.number(name);
  if (value <= 1) return value == 1;
  throw FormatError(std::string("attribute ") + name + ": expected 0 or 1, found " +
                    std::to_string(value));
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

/// The row of a meter that is absent.
void require_blank(const ledger::Decision& row) {
  const auto blank = std::bit_cast<std::uint64_t>(no_number());
  const bool none = std::all_of(row.numbers.begin(), row.numbers.end(), [&](double number) {
    return std::bit_cast<std::uint64_t>(number) == blank;
  });
  if (none && row.commitment == ledger::Digest{}) return;
  throw FormatError("/trading: a row of prosumer " + std::to_string(row.prosumer) +
                    " where /transactions/present says none");
}

}  // namespace

SegmentReader::SegmentReader(const Input& input, const ledger::Genesis& genesis,
                             const ledger::Digest& run_id, std::uint32_t day,
                             const SegmentEntry& entry, ledger::Tip tip,
                             std::uint64_t archive_bytes)
    : genesis_(genesis),
      run_id_(run_id),
      day_(day),
      height_(entry.first),
      last_(entry.last),
      tip_(std::move(tip)),
      file_(input),
      columns_(segment_columns(genesis)) {
  check_attributes(file_, genesis, run_id, day, entry);
  extents_ = claimed_extents(file_, genesis, entry, archive_bytes);
  const auto found = file_.paths().size();
  if (found != columns_.size()) {
    throw FormatError("the file has " + std::to_string(found) + " datasets, expected " +
                      std::to_string(columns_.size()));
  }
  for (const auto& column : columns_) {
    readers_.emplace(column.path, ColumnReader(file_, column, extents_));
  }
  check_coordinates();
  read_ballots();
  read_payments();
  read_evidence();
  read_carried();
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

void SegmentReader::read_ballots() {
  for (std::uint64_t i = 0; i < extents_.ballots; ++i) {
    auto& [height, ballot] = ballots_.emplace_back();
    height = number_at<std::uint64_t>(row("/ballots/height"), 0);
    ballot.run_id = run_id_;
    ballot.voter = number_at<std::uint32_t>(row("/ballots/voter"), 0);
    ballot.candidate.bytes = digest_at(row("/ballots/candidate"), 0);
    ballot.add = flag(row("/ballots/add"), 0, "/ballots/add");
    ballot.not_before = number_at<std::uint64_t>(row("/ballots/not_before"), 0);
    ballot.nonce = number_at<std::uint64_t>(row("/ballots/nonce"), 0);
    ballot.signature = signature_at(row("/ballots/signature"), 0);
  }
}

void SegmentReader::read_payments() {
  for (std::uint64_t i = 0; i < extents_.payments; ++i) {
    auto& payment = payments_.emplace_back();
    payment.from = number_at<std::uint32_t>(row("/payments/from"), 0);
    payment.to = number_at<std::uint32_t>(row("/payments/to"), 0);
    payment.amount = number_at<std::int64_t>(row("/payments/amount"), 0);
  }
}

void SegmentReader::read_evidence() {
  std::uint64_t left = extents_.evidence_bytes;
  const auto part = [&](const char* size) {
    const auto bytes = number_at<std::uint64_t>(row(size), 0);
    if (bytes > left) throw FormatError(std::string(size) + ": more than /evidence/bytes holds");
    left -= bytes;
    return readers_.at("/evidence/bytes").take(bytes);
  };
  for (std::uint64_t i = 0; i < extents_.evidence; ++i) {
    auto& evidence = evidence_.emplace_back();
    evidence.height = number_at<std::uint64_t>(row("/evidence/height"), 0);
    evidence.round = number_at<std::uint32_t>(row("/evidence/round"), 0);
    const auto kind = number_at<std::uint8_t>(row("/evidence/kind"), 0);
    if (kind > static_cast<std::uint8_t>(ledger::EvidenceKind::two_transactions)) {
      throw FormatError("/evidence/kind: found " + std::to_string(kind));
    }
    evidence.kind = static_cast<ledger::EvidenceKind>(kind);
    evidence.accused = number_at<std::uint32_t>(row("/evidence/accused"), 0);
    evidence.first = part("/evidence/first_size");
    evidence.second = part("/evidence/second_size");
  }
  if (left > 0) throw FormatError("/evidence/bytes: " + std::to_string(left) + " bytes too many");
}

void SegmentReader::read_carried() {
  if (extents_.iterates.keeps_all()) return;
  ledger::ThinnedDay day;
  day.iterations = static_cast<std::uint32_t>(extents_.iterations);
  day.carried.globals = readers_.at("/carried/globals").all();
  day.carried.iterate = numbers<double>(readers_.at("/carried/iterate").all());
  day.carried.premium = numbers<double>(readers_.at("/result/premium").all());
  thinned_ = std::make_shared<const ledger::ThinnedDay>(std::move(day));
}

ledger::Header SegmentReader::next_header() {
  ledger::Header header;
  header.run_id = run_id_;
  header.parent = tip_.head;
  header.history = tip_.history.root();
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

void SegmentReader::fill_decisions(std::vector<ledger::Transaction>& transactions,
                                   ledger::ByteView present) {
  const auto decisions = row("/trading/decision");
  const auto commitments = row("/trading/commitment");
  for (auto& transaction : transactions) {
    const auto& meter = genesis_.meters[transaction.meter];
    for (auto u = meter.first; u < meter.first + meter.count; ++u) {
      const auto own = decisions.subspan(8 * genesis_.terms.decision_offset(u),
                                         8 * genesis_.terms.decision_size(u));
      transaction.decisions.push_back({u, numbers<double>(own), digest_at(commitments, u)});
      if (present[transaction.meter] == 0) require_blank(transaction.decisions.back());
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

/// What a transaction made for that height of the day must have named; zeros where there is none.
ledger::Digest SegmentReader::parent_of(std::uint64_t height) const {
  if (height == height_) return tip_.head;
  const auto first = height_ - parents_.size();
  return height >= first && height < height_ ? parents_[height - first] : ledger::Digest{};
}

std::vector<ledger::Transaction> SegmentReader::next_envelopes(const ledger::Header& header) {
  const auto iterations = row("/transactions/iteration");
  const auto nonces = row("/transactions/nonce");
  std::vector<ledger::Transaction> contents(genesis_.meters.size());
  for (std::uint32_t meter = 0; meter < contents.size(); ++meter) {
    auto& content = contents[meter];
    content.run_id = run_id_;
    content.turn = header.turn;
    content.turn.iteration = number_at<std::uint32_t>(iterations, meter);
    content.meter = meter;
    content.nonce = number_at<std::uint64_t>(nonces, meter);
    content.turn.height = content.nonce + 1;
    content.parent = parent_of(content.turn.height);
  }
  return contents;
}

std::vector<ledger::SignedTransaction> SegmentReader::next_transactions(
    const ledger::Header& header) {
  const auto present = row("/transactions/present");
  const auto signatures = row("/transactions/signature");
  auto contents = next_envelopes(header);
  const bool trading = header.turn.phase == ledger::Phase::trading;
  const bool kept = !trading || extents_.iterates.keeps(header.turn.iteration, extents_.iterations);
  ledger::ByteView roots;
  if (!kept) {
    roots = row("/trading/rows_root");
  } else if (trading) {
    fill_decisions(contents, present);
  } else {
    fill_acceptances(contents);
  }
  std::vector<ledger::SignedTransaction> transactions;
  transactions.reserve(contents.size());
  for (std::uint32_t meter = 0; meter < contents.size(); ++meter) {
    const auto signature = signature_at(signatures, meter);
    const auto root = kept ? ledger::Digest{} : digest_at(roots, meter);
    auto& content = contents[meter];
    if (flag(present, meter, "/transactions/present")) {
      transactions.push_back(kept ? ledger::SignedTransaction(std::move(content), signature)
                                  : ledger::SignedTransaction(std::move(content), root, signature));
    } else if (content.nonce != 0 || content.turn.iteration != 0 || root != ledger::Digest{} ||
               signature != ledger::Signature{} || !trading) {
      throw FormatError("/transactions: bytes of meter " + std::to_string(meter) +
                        " where /transactions/present says none");
    }
  }
  return transactions;
}

std::vector<ledger::Ballot> SegmentReader::next_ballots() {
  std::vector<ledger::Ballot> ballots;
  while (next_ballot_ < ballots_.size() && ballots_[next_ballot_].height == height_) {
    ballots.push_back(ballots_[next_ballot_++].ballot);
  }
  return ballots;
}

void SegmentReader::require_all_used() const {
  if (next_ballot_ < ballots_.size() || !payments_.empty()) {
    throw FormatError("/ballots or /payments: some are of no block");
  }
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
  if (height_ > last_) {
    require_all_used();
    return std::nullopt;
  }
  ledger::CommittedBlock committed;
  auto& block = committed.block;
  block.header = next_header();
  block.transactions = next_transactions(block.header);
  block.ballots = next_ballots();
  if (block.header.settled) block.payments = std::exchange(payments_, {});
  block.header.transactions_root = ledger::transactions_root(block);
  block.proposer_signature = signature_at(row("/blocks/proposer_signature"), 0);
  const auto hash = ledger::block_hash(block.header);
  const auto stored = digest_at(row("/blocks/hash"), 0);
  if (hash != stored) {
    throw FormatError("/blocks/hash: the block's bytes give " + ledger::to_hex(hash) + ", found " +
                      ledger::to_hex(stored));
  }
  committed.certificate = next_certificate(hash);
  commit_time_ = number_at<double>(row("/measured/commit_time"), 0);
  if (genesis_.staleness > 0) parents_.push_back(tip_.head);
  tip_.advance(hash);
  ++height_;
  return committed;
}

DayResult SegmentReader::result() {
  DayResult result;
  result.day = day_;
  result.converged = flag_attribute(file_, "converged");
  result.settled = flag_attribute(file_, "settled");
  result.iterations = static_cast<std::uint32_t>(extents_.iterations);
  result.rounds = static_cast<std::uint32_t>(extents_.rounds);
  result.residual = file_.real("residual");
  result.congestion_rent = file_.real("congestion_rent");
  const auto reals = [&](const char* name) {
    return numbers<double>(readers_.at(std::string("/result/") + name).all());
  };
  if (lists_pairs(genesis_)) {
    result.trade = reals("trade");
    result.price = reals("price");
  }
  result.net_trade = reals("net_trade");
  result.carried.premium = reals("premium");
  if (thinned_) result.carried = thinned_->carried;
  result.bill = numbers<std::int64_t>(readers_.at("/result/bill").all());
  result.balance = numbers<std::int64_t>(readers_.at("/result/balance").all());
  result.unfunded = readers_.at("/result/unfunded").all();
  result.cost = reals("cost");
  result.cost_alone = reals("cost_alone");
  result.bound = reals("bound");
  return result;
}

}  // namespace gridtally::archive
