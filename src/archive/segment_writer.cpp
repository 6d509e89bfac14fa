#include "archive/segment_writer.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "archive/column_writer.hpp"
#include "archive/coordinates.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::archive {

namespace {
class SegmentWriter {
 public:
  SegmentWriter(const std::filesystem::path& path, const ledger::Genesis& genesis,
                const DayResult& result, std::uint64_t first, const SegmentCounts& counts,
                Crew* crew)
      : genesis_(genesis),
        extents_(segment_extents(genesis, result.iterations, result.rounds, counts)),
        iterates_(counts.iterates),
        file_(hdf5::create_file(path)),
        columns_(create_columns(file_.get(), segment_columns(genesis), extents_, crew)) {
    write_attributes(result, first);
    for (const auto& [name, bytes] : segment_coordinates(genesis, result.day, first, extents_)) {
      column(name).append(bytes);
    }
    write_result(result);
    if (!iterates_.keeps_all()) write_carried(result.carried);
  }

  void append(const JournalledBlock& journalled) {
    const auto& block = journalled.block.block;
    append_header(block);
    append_certificate(journalled.block.certificate);
    append_transactions(block);
    for (const auto& ballot : block.ballots) append_ballot(block.header.turn.height, ballot);
    for (const auto& payment : block.payments) append_payment(payment);
    column("/measured/commit_time").append(bytes_of_one(journalled.commit_time));
  }

  void append(const ledger::Evidence& evidence) {
    put("/evidence/height", evidence.height);
    put("/evidence/round", evidence.round);
    put("/evidence/kind", static_cast<std::uint8_t>(evidence.kind));
    put("/evidence/accused", evidence.accused);
    put("/evidence/first_size", std::uint64_t{evidence.first.size()});
    put("/evidence/second_size", std::uint64_t{evidence.second.size()});
    column("/evidence/bytes").append(evidence.first);
    column("/evidence/bytes").append(evidence.second);
  }

  void finish() {
    for (auto& [path, column] : columns_) column.finish();
    columns_.clear();
    if (!file_.close()) throw IoError("HDF5 could not write the segment's last bytes");
  }

 private:
  ColumnWriter& column(std::string_view path) {
    const auto at = columns_.find(path);
    if (at == columns_.end()) throw Error("a segment has no dataset " + std::string(path));
    return at->second;
  }
  template <typename T>
  void put(std::string_view path, T value) {
    column(path).append(bytes_of_one(value));
  }
  template <typename T>
  void block_column(const char* name, T value) {
    put(std::string("/blocks/") + name, value);
  }

  void write_attributes(const DayResult& result, std::uint64_t first) {
    const hid_t file = file_.get();
    hdf5::write_attribute(file, "format", std::string(segment_format));
    hdf5::write_attribute(file, "format_version", segment_version);
    hdf5::write_attribute(file, "program", std::string("gridtally"));
    hdf5::write_attribute(file, "program_version", std::string(GRIDTALLY_VERSION));
    hdf5::write_attribute(file, "git_commit", std::string(GRIDTALLY_GIT_COMMIT));
    hdf5::write_attribute(file, "run_id", ledger::to_hex(ledger::run_id(genesis_)));
    hdf5::write_attribute(file, "title",
                          "Energy trading of day " + std::to_string(result.day) + " among " +
                              std::to_string(extents_.prosumers) + " prosumers");
    hdf5::write_attribute(file, "form", std::string(market::name(genesis_.terms.form)));
    hdf5::write_attribute(file, "day", std::uint64_t{result.day});
    hdf5::write_attribute(file, "first_height", first);
    hdf5::write_attribute(file, "iterations", std::uint64_t{result.iterations});
    hdf5::write_attribute(file, "rounds", std::uint64_t{result.rounds});
    hdf5::write_attribute(file, "validators", extents_.validators);
    hdf5::write_attribute(file, "ballots", extents_.ballots);
    hdf5::write_attribute(file, "payments", extents_.payments);
    hdf5::write_attribute(file, "evidence", extents_.evidence);
    hdf5::write_attribute(file, "evidence_bytes", extents_.evidence_bytes);
    hdf5::write_attribute(file, "iterates", to_text(iterates_));
    hdf5::write_attribute(file, "carried_parts", extents_.carried_parts);
    hdf5::write_attribute(file, "globals_bytes", extents_.globals_bytes);
    hdf5::write_attribute(file, "converged", std::uint64_t{result.converged});
    hdf5::write_attribute(file, "settled", std::uint64_t{result.settled});
    hdf5::write_attribute(file, "residual", result.residual);
    hdf5::write_attribute(file, "congestion_rent", result.congestion_rent);
    if (!lists_pairs(genesis_)) {
      hdf5::write_attribute(file, "pairs",
                            std::string("not listed: lambda_uv = -rho/2 (tau_u + tau_v), p'_uv = "
                                        "(Theta_u - Theta_v)/2 of the contract's state after the "
                                        "last of /trading/decision (rho fixed: tau the last theta, "
                                        "Theta their sum; else replay), then the repairs of "
                                        "/settlement/change"));
    }
  }

  void write_result(const DayResult& result) {
    if (lists_pairs(genesis_)) {
      column("/result/trade").append(bytes_of(result.trade));
      column("/result/price").append(bytes_of(result.price));
    }
    column("/result/net_trade").append(bytes_of(result.net_trade));
    column("/result/premium").append(bytes_of(result.carried.premium));
    column("/result/bill").append(bytes_of(result.bill));
    column("/result/balance").append(bytes_of(result.balance));
    column("/result/unfunded").append(bytes_of(result.unfunded));
    column("/result/cost").append(bytes_of(result.cost));
    column("/result/cost_alone").append(bytes_of(result.cost_alone));
    column("/result/bound").append(bytes_of(result.bound));
  }

  void write_carried(const ledger::CarriedState& carried) {
    column("/carried/globals").append(carried.globals);
    column("/carried/iterate").append(bytes_of(carried.iterate));
  }

  void append_header(const ledger::Block& block) {
    const auto& header = block.header;
    column("/blocks/hash").append(ledger::block_hash(header));
    column("/blocks/state_root").append(header.state_root);
    block_column("phase", static_cast<std::uint8_t>(header.turn.phase));
    block_column("iteration", header.turn.iteration);
    block_column("residual", header.residual);
    block_column("flags",
                 static_cast<std::uint8_t>((header.converged ? 1 : 0) + (header.settled ? 2 : 0)));
    block_column("proposer", header.proposer);
    block_column("consensus_round", header.round);
    column("/blocks/proposer_signature").append(block.proposer_signature.bytes);
  }

  void append_certificate(const ledger::Certificate& certificate) {
    std::vector<std::uint8_t> present(extents_.validators, 0);
    std::vector<ledger::Signature> signatures(extents_.validators);
    for (const auto& entry : certificate.precommits) {
      if (entry.validator >= present.size()) {
        throw FormatError("a precommit of validator " + std::to_string(entry.validator) + " of " +
                          std::to_string(present.size()));
      }
      present[entry.validator] = 1;
      signatures[entry.validator] = entry.signature;
    }
    block_column("commit_round", certificate.round);
    column("/blocks/precommitted").append(present);
    for (const auto& signature : signatures) {
      column("/blocks/precommit").append(signature.bytes);
    }
  }

  /// One entry a meter; a meter that is absent has zeros and, in trading, numbers that are none.
  void append_transactions(const ledger::Block& block) {
    const auto& turn = block.header.turn;
    keeps_rows_ = turn.phase != ledger::Phase::trading ||
                  iterates_.keeps(turn.iteration, extents_.iterations);
    auto next = block.transactions.begin();
    for (std::uint32_t meter = 0; meter < extents_.meters; ++meter) {
      if (next != block.transactions.end() && next->content().meter == meter) {
        append_transaction(*next++);
      } else {
        append_absence(genesis_.meters[meter]);
      }
    }
  }

  void append_transaction(const ledger::SignedTransaction& transaction) {
    const auto& content = transaction.content();
    append_envelope(true, content.turn.iteration, content.nonce, transaction.signature());
    if (!keeps_rows_) {
      column("/trading/rows_root").append(transaction.rows_root());
      return;
    }
    append_rows(content.decisions);
    append_rows(content.acceptances);
  }

  void append_absence(const ledger::Meter& meter) {
    append_envelope(false, 0, 0, {});
    if (!keeps_rows_) {
      column("/trading/rows_root").append(ledger::Digest{});
      return;
    }
    for (auto u = meter.first; u < meter.first + meter.count; ++u) {
      append_rows(std::vector{ledger::Decision{
          u, std::vector<double>(genesis_.terms.decision_size(u), no_number()), {}}});
    }
  }

  void append_envelope(bool present, std::uint32_t iteration, std::uint64_t nonce,
                       const ledger::Signature& signature) {
    put("/transactions/present", static_cast<std::uint8_t>(present ? 1 : 0));
    put("/transactions/iteration", iteration);
    put("/transactions/nonce", nonce);
    column("/transactions/signature").append(signature.bytes);
  }

  void append_ballot(std::uint64_t height, const ledger::Ballot& ballot) {
    put("/ballots/height", height);
    put("/ballots/voter", ballot.voter);
    column("/ballots/candidate").append(ballot.candidate.bytes);
    put("/ballots/add", static_cast<std::uint8_t>(ballot.add ? 1 : 0));
    put("/ballots/not_before", ballot.not_before);
    put("/ballots/nonce", ballot.nonce);
    column("/ballots/signature").append(ballot.signature.bytes);
  }

  void append_payment(const ledger::Payment& payment) {
    put("/payments/from", payment.from);
    put("/payments/to", payment.to);
    put("/payments/amount", payment.amount);
  }

  void append_rows(const std::vector<ledger::Decision>& rows) {
    auto& numbers = column("/trading/decision");
    auto& commitments = column("/trading/commitment");
    for (const auto& row : rows) {
      numbers.append(bytes_of(row.numbers));
      commitments.append(row.commitment);
    }
  }

  void append_rows(const std::vector<ledger::Acceptance>& rows) {
    for (const auto& row : rows) {
      put("/settlement/accepted", static_cast<std::uint8_t>(row.accepted ? 1 : 0));
      column("/settlement/change").append(bytes_of(row.change));
      put("/settlement/cost", row.cost);
      put("/settlement/cost_alone", row.cost_alone);
      put("/settlement/bound", row.bound);
      column("/settlement/commitment").append(row.commitment);
    }
  }

  const ledger::Genesis& genesis_;
  Extents extents_;
  Iterates iterates_;
  bool keeps_rows_ = true;  ///< of the block at hand
  hdf5::Handle file_;
  ColumnWriters columns_;
};

/// Blocks seen so far of a day, by phase.
struct Seen {
  std::uint64_t iterations = 0;
  std::uint64_t rounds = 0;
};

/// Counts `turn`'s block; FormatError unless it is the next of its phase and one that `result` has.
void require_turn(const DayResult& result, const ledger::Turn& turn, Seen& seen) {
  const bool trading = turn.phase == ledger::Phase::trading;
  const auto expected = ++(trading ? seen.iterations : seen.rounds);
  const auto most = trading ? result.iterations : result.rounds;
  if (turn.day == result.day && turn.iteration == expected && expected <= most) return;
  throw FormatError("height " + std::to_string(turn.height) + " is " +
                    std::string(ledger::name(turn.phase)) + " " + std::to_string(turn.iteration) +
                    " of day " + std::to_string(turn.day) + "; the segment of day " +
                    std::to_string(result.day) + " expects " +
                    (expected > most ? "no more than " + std::to_string(most)
                                     : "number " + std::to_string(expected)) +
                    " of this phase");
}
}  // namespace

namespace {
/// A day that did not settle keeps everything: it is what somebody will want to look into.
SegmentCounts with_carried(const ledger::Genesis& genesis, const DayResult& result,
                           SegmentCounts counts) {
  if (!result.settled) counts.iterates = {};
  const auto part = genesis.terms.decision_rows() * genesis.terms.slots;
  if (counts.iterates.keeps_all() || part == 0) return counts;
  counts.carried_parts = result.carried.iterate.size() / part;
  counts.globals_bytes = result.carried.globals.size();
  return counts;
}
}  // namespace

void write_segment(const std::filesystem::path& path, const ledger::Genesis& genesis,
                   JournalReader& journal, const DayResult& result, const SegmentCounts& counts,
                   Crew* crew) {
  SegmentWriter writer(path, genesis, result, journal.header().first_height,
                       with_carried(genesis, result, counts), crew);
  const std::uint64_t blocks = std::uint64_t{result.iterations} + result.rounds;
  Seen seen;
  while (const auto block = journal.next()) {
    if (seen.iterations + seen.rounds == blocks) {
      throw FormatError("the journal holds more than the " + std::to_string(blocks) +
                        " blocks of day " + std::to_string(result.day));
    }
    require_turn(result, block->block.block.header.turn, seen);
    writer.append(*block);
  }
  for (const auto& evidence : journal.evidence()) writer.append(evidence);
  writer.finish();
  sync_file(path);
}

}  // namespace gridtally::archive
