#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/messages.hpp"

namespace gridtally::consensus {

/// The block for which this validator has precommitted last, and when.
struct Lock {
  std::uint32_t round = 0;
  ledger::Digest block_hash{};
};

/// The block for which a quorum is known to have prevoted last.
struct ValidBlock {
  std::uint32_t round = 0;                           ///< of the prevotes
  ledger::Proposal proposal;                         ///< one in which the block was offered
  std::vector<ledger::Certificate::Entry> prevotes;  ///< a quorum
  [[nodiscard]] const ledger::Digest& hash() const { return proposal.offer.block_hash; }
};

/// What a validator must know after a crash so that it neither contradicts itself nor forgets what
/// it owes the others: its word of the present round, and what it is bound to.
struct Record {
  static constexpr std::uint16_t version = 1;
  ledger::Digest run_id{};
  ledger::PublicKey key;
  std::uint64_t height = 0;  ///< the one being decided
  std::uint32_t round = 0;
  std::optional<ledger::Proposal> offer;
  std::optional<ledger::Vote> prevote;
  std::optional<ledger::Vote> precommit;
  std::optional<Lock> lock;
  std::optional<ValidBlock> valid;

  /// Nothing has happened at this height.
  [[nodiscard]] bool is_fresh() const {
    return round == 0 && !offer && !prevote && !precommit && !lock && !valid;
  }
};

ledger::Bytes encode(const Record& record);
/// FormatError for anything that encode would not have written, for a changed bit, and for a word
/// that is not of the record's own run, height and round or not signed by its key.
Record decode_record(ledger::ByteView bytes);

}  // namespace gridtally::consensus
