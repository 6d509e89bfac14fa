#include "audit/form_checks.hpp"

#include <algorithm>
#include <utility>

#include "ledger/latest_words.hpp"

namespace gridtally::audit {

namespace {
constexpr std::size_t piece_size = 64;  // transactions
}

FormChecks::FormChecks(const ledger::Genesis& genesis, const ledger::Digest& run_id,
                       ledger::Membership membership,
                       const std::vector<ledger::CommittedBlock>& blocks, unsigned threads,
                       const Share& share, bool every_signature)
    : genesis_(genesis),
      run_id_(run_id),
      membership_(std::move(membership)),
      blocks_(blocks),
      share_(share),
      every_signature_(every_signature) {
  for (std::size_t block = 0; block < blocks.size(); ++block) cut(block);
  faults_.resize(pieces_.size());
  // The caller's thread is one of them, in finish().
  const auto others = std::min<std::size_t>(threads - 1, pieces_.size());
  for (std::size_t i = 0; i < others; ++i) threads_.emplace_back([this] { work(); });
}

void FormChecks::cut(std::size_t block) {
  const auto transactions = blocks_[block].block.transactions.size();
  pieces_.push_back({block, Piece::Part::heading, 0, 0});
  for (std::size_t first = 0; first < transactions; first += piece_size) {
    const auto last = std::min(transactions, first + piece_size);
    pieces_.push_back({block, Piece::Part::transactions, first, last});
  }
  pieces_.push_back({block, Piece::Part::ending, 0, 0});
}

std::vector<std::optional<ledger::Fault>> FormChecks::finish() {
  work();
  threads_.clear();
  std::vector<std::optional<ledger::Fault>> first(blocks_.size());
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    auto& fault = first[pieces_[i].block];
    if (!fault) fault = faults_[i];
  }
  return first;
}

void FormChecks::work() {
  ledger::Verifier own(0);
  auto others = ledger::Verifier::trusting();
  for (auto i = next_++; i < pieces_.size(); i = next_++) {
    faults_[i] = check(pieces_[i], checks_signatures(pieces_[i]) ? own : others);
  }
}

bool FormChecks::checks_signatures(const Piece& piece) const {
  const auto& block = blocks_[piece.block].block;
  if (!share_.has(block.header.turn.height)) return false;
  return piece.part != Piece::Part::transactions || every_signature_ ||
         ledger::holds_everyones_word(block);
}

std::optional<ledger::Fault> FormChecks::check(const Piece& piece,
                                               ledger::Verifier& verifier) const {
  const auto& committed = blocks_[piece.block];
  const auto& block = committed.block;
  switch (piece.part) {
    case Piece::Part::heading:
      return check_heading(piece.block, verifier);
    case Piece::Part::transactions:
      for (auto i = piece.first; i < piece.last; ++i) {
        if (auto bad = ledger::check_transaction(genesis_, run_id_, block.header.turn,
                                                 block.transactions[i], verifier)) {
          return bad;
        }
      }
      return std::nullopt;
    case Piece::Part::ending:
      if (auto bad = ledger::check_ending(run_id_, membership_, block, verifier)) return bad;
      return ledger::check_certificate(run_id_, membership_, committed, verifier);
  }
  return std::nullopt;
}

std::optional<ledger::Fault> FormChecks::check_heading(std::size_t block,
                                                       ledger::Verifier& verifier) const {
  if (!membership_.active().empty()) {
    return ledger::check_heading(genesis_, run_id_, membership_, blocks_[block].block, verifier);
  }
  ledger::Fault fault;
  fault.height = blocks_[block].block.header.turn.height;
  fault.what = "validators";
  fault.expected = "no block after the last one was voted out";
  fault.found = "a block";
  return fault;
}

}  // namespace gridtally::audit
