#include "cluster/traffic_model.hpp"

namespace gridtally::cluster {

namespace {

std::uint64_t count_of(int ranks) { return static_cast<std::uint64_t>(ranks); }

}  // namespace

TrafficModel::TrafficModel(const ledger::Genesis& genesis, const Layout& layout, int rank)
    : genesis_(genesis),
      layout_(layout),
      rank_(rank),
      validates_(rank < layout.validator_ranks()) {}

void TrafficModel::add(const ledger::CommittedBlock& committed) {
  if (layout_.ranks() == 1) return;
  const auto& block = committed.block;
  const auto phase = block.header.turn.phase;
  std::uint64_t rows = 0;
  for (std::uint32_t meter = 0; meter < layout_.meters(); ++meter) rows += rows_of(meter, phase);
  const auto size = letter_size::block(layout_.meters(), rows, block.payments.size());
  add_transactions(phase);
  add_proposal(block.header.proposer, letter_size::proposal(size));
  add_votes();
  add_block(letter_size::committed(size, committed.certificate.precommits.size()));
  add_acknowledgements();
}

std::uint64_t TrafficModel::rows_of(std::uint32_t meter, ledger::Phase phase) const {
  const auto& served = genesis_.meters[meter];
  const auto& terms = genesis_.terms;
  if (phase == ledger::Phase::settlement) {
    return served.count * letter_size::acceptance(static_cast<std::uint64_t>(terms.slots));
  }
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < served.count; ++i) {
    bytes += letter_size::decision(terms.decision_size(served.first + i));
  }
  return bytes;
}

// From each meter to every rank of validators.
void TrafficModel::add_transactions(ledger::Phase phase) {
  const auto [first, count] = layout_.meters_of(rank_);
  for (std::uint32_t meter = 0; meter < layout_.meters(); ++meter) {
    const auto size = letter_size::transaction(rows_of(meter, phase));
    if (validates_) traffic_.received_of(LetterKind::transaction).add(1, size);
    if (!validates_ && meter >= first && meter < first + count) {
      traffic_.sent_of(LetterKind::transaction).add(count_of(layout_.validator_ranks()), size);
    }
  }
}

// From the proposer to every other rank of validators.
void TrafficModel::add_proposal(std::uint32_t proposer, std::uint64_t size) {
  if (!validates_) return;
  if (layout_.rank_of_validator(proposer) != rank_) {
    traffic_.received_of(LetterKind::proposal).add(1, size);
  } else {
    traffic_.sent_of(LetterKind::proposal).add(count_of(layout_.validator_ranks() - 1), size);
  }
}

// Two of each validator, to every other rank of validators.
void TrafficModel::add_votes() {
  if (!validates_) return;
  const auto own = voters_of(rank_);
  const auto all = static_cast<std::uint64_t>(genesis_.validators.size());
  const auto others = count_of(layout_.validator_ranks() - 1);
  traffic_.sent_of(LetterKind::vote).add(2 * own * others, letter_size::vote);
  traffic_.received_of(LetterKind::vote).add(2 * (all - own), letter_size::vote);
}

// From one rank of validators to each rank of meters.
void TrafficModel::add_block(std::uint64_t size) {
  if (!validates_) return traffic_.received_of(LetterKind::block).add(1, size);
  const int sources = layout_.validator_ranks();
  for (int to = sources; to < layout_.ranks(); ++to) {
    if (to % sources == rank_) traffic_.sent_of(LetterKind::block).add(1, size);
  }
}

// From each rank to the archivist, and from it to each.
void TrafficModel::add_acknowledgements() {
  const auto others = rank_ == archivist ? count_of(layout_.ranks() - 1) : 1;
  traffic_.sent_of(LetterKind::acknowledgement).add(others, letter_size::acknowledgement);
  traffic_.received_of(LetterKind::acknowledgement).add(others, letter_size::acknowledgement);
}

// Candidates follow the validators, and do not vote.
std::uint64_t TrafficModel::voters_of(int rank) const {
  const auto [first, count] = layout_.validators_of(rank);
  std::uint64_t voters = 0;
  for (std::uint32_t i = first; i < first + count; ++i) {
    if (i < genesis_.validators.size()) ++voters;
  }
  return voters;
}

}  // namespace gridtally::cluster
