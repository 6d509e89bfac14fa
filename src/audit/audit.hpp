#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <variant>

#include "audit/report.hpp"
#include "audit/share.hpp"
#include "ledger/state.hpp"

namespace gridtally::audit {

/// What the seals of an archive say of files that a run writes beside it.
struct Ending {
  bool closed = false;         ///< the run came to its end, and its last day was sealed
  std::uint32_t kept_for = 0;  ///< days up to the last that leaves decisions out: sealed once every
                               ///< private file had it
};

/// What an audit asks besides the public ledger; audit_replay has one (PrivateReplay).
struct Companion {
  /// Once, before the first block; the same on every process. A finding that is not_auditable ends
  /// the companion's part only.
  /// `thinned`: the archive leaves decisions out.
  std::function<std::optional<Finding>(const ledger::Genesis&, bool thinned)> open;
  /// Asked after open: whether `fill` can make again what an archive leaves out.
  std::function<bool()> fills;
  /// A block that lacks decisions, with them; a finding when what is made again was not signed.
  std::function<std::variant<ledger::Block, Finding>(const ledger::ContractState&,
                                                     const ledger::Block&)>
      fill;
  /// A day lacks decisions, and they are not made again: solves cannot be repeated from there on.
  std::function<void()> skip;
  /// After each good block that was executed, in height order: the state before it, the block, the
  /// state after. A finding that is not_auditable ends the companion's part only.
  std::function<std::optional<Finding>(const ledger::ContractState&, const ledger::Block&,
                                       const ledger::ContractState&)>
      check;
  /// After the last block of an archive that is sound so far, with the state after it.
  std::function<std::optional<Finding>(const ledger::ContractState&, const Ending&)> close;
};

struct Options {
  /// For signatures, and as many for what is executed meanwhile; 0: one a core, shared among the
  /// processes.
  unsigned threads = 0;
  std::optional<Companion> companion;
  /// Of a block that the chain must hold: finds a rollback and a history signed again.
  std::optional<ledger::Digest> head;
  Share share{};
  /// Checks each meter's signature on each transaction, also those that a later one of the meter
  /// vouches for (ledger::LatestWords).
  bool every_signature = false;
  /// After each good block: how many so far, and how many the manifest lists (a journal has more).
  std::function<void(std::uint64_t blocks, std::uint64_t listed)> progress{};
};

/// Replays the archive in `folder` block by block: files and checksums, hashes, signatures, turns,
/// quorums, Merkle and state roots, every execution of the contract bit for bit, the stop test,
/// mirrors, bills, payments, accounts, /result of each sealed day, and the evidence kept. Whatever
/// the folder holds, the outcome is a report: the first fault, by height, is in it. Reads only.
/// Where several processes share the audit, the report is this one's: see merge_reports.
Report audit_archive(const std::filesystem::path& folder, const Options& options = {});

}  // namespace gridtally::audit
