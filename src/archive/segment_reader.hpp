#pragma once

#include <memory>
#include <optional>

#include "archive/column.hpp"
#include "archive/day_result.hpp"
#include "archive/manifest.hpp"
#include "ledger/block.hpp"
#include "ledger/carried_state.hpp"
#include "ledger/evidence.hpp"
#include "ledger/genesis.hpp"
#include "ledger/tip.hpp"

namespace gridtally::archive {

/// One sealed segment, read block by block. Throws FormatError with the dataset and the reason for
/// anything that does not fit the genesis; nothing is allocated from a size that the file claims.
class SegmentReader {
 public:
  /// Checks the attributes, every dataset's shape and type, and all that repeats the genesis
  /// (names, partners, tariff, coordinates), and reads ballots, payments and evidence. `tip` is
  /// that before its first block; `archive_bytes`, the size of all segments, bounds what the file
  /// may claim of ballots and validators. `genesis` must outlive the reader.
  SegmentReader(const Input& input, const ledger::Genesis& genesis, const ledger::Digest& run_id,
                std::uint32_t day, const SegmentEntry& entry, ledger::Tip tip,
                std::uint64_t archive_bytes);

  /// FormatError when the block rebuilt does not have the stored hash.
  std::optional<ledger::CommittedBlock> next();
  [[nodiscard]] double commit_time() const { return commit_time_; }
  [[nodiscard]] std::uint64_t next_height() const { return height_; }
  [[nodiscard]] const std::vector<ledger::Evidence>& evidence() const { return evidence_; }

  DayResult result();
  /// Of a day that lacks decisions; else null.
  [[nodiscard]] std::shared_ptr<const ledger::ThinnedDay> thinned() const { return thinned_; }

 private:
  void check_coordinates();
  ledger::ByteView row(const std::string& path);
  void read_ballots();
  void read_payments();
  void read_evidence();
  void read_carried();
  ledger::Header next_header();
  std::vector<ledger::Ballot> next_ballots();
  void require_all_used() const;
  std::vector<ledger::SignedTransaction> next_transactions(const ledger::Header& header);
  [[nodiscard]] ledger::Digest parent_of(std::uint64_t height) const;
  std::vector<ledger::Transaction> next_envelopes(const ledger::Header& header);
  void fill_decisions(std::vector<ledger::Transaction>& transactions, ledger::ByteView present);
  void fill_acceptances(std::vector<ledger::Transaction>& transactions);
  ledger::Certificate next_certificate(const ledger::Digest& hash);

  const ledger::Genesis& genesis_;
  ledger::Digest run_id_;
  std::uint32_t day_;
  std::uint64_t height_;
  std::uint64_t last_;
  ledger::Tip tip_;
  /// Where decisions may be late: of the blocks before `height_`, the hashes that they follow.
  std::vector<ledger::Digest> parents_;
  double commit_time_ = 0.0;
  hdf5::Reader file_;
  std::vector<Column> columns_;
  Extents extents_;
  ColumnReaders readers_;
  struct PlacedBallot {
    std::uint64_t height;
    ledger::Ballot ballot;
  };
  std::vector<PlacedBallot> ballots_;
  std::size_t next_ballot_ = 0;
  std::vector<ledger::Payment> payments_;  ///< empty once a block has them
  std::vector<ledger::Evidence> evidence_;
  std::shared_ptr<const ledger::ThinnedDay> thinned_;
};

}  // namespace gridtally::archive
