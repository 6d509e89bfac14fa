#include "archive/journal_sequence.hpp"

#include "archive/output_folder.hpp"
#include "base/error.hpp"

namespace gridtally::archive {

namespace {
[[noreturn]] void refuse(const std::string& place, const std::string& what,
                         const std::string& expected, const std::string& found) {
  throw FormatError(place + ": " + what + ": expected " + expected + ", found " + found);
}
}  // namespace

JournalSequence::JournalSequence(std::shared_ptr<const ArchiveFiles> files,
                                 const ledger::Digest& run_id, std::uint32_t first_day)
    : files_(std::move(files)), run_id_(run_id), first_day_(first_day) {
  for (const auto day : files_->names().journals) {
    if (day < first_day) continue;
    if (day != first_day + count_) {
      throw FormatError(journal_name(first_day + count_) + " is missing, while " +
                        journal_name(day) + " is there");
    }
    ++count_;
  }
}

std::string JournalSequence::place() const {
  return journal_name(opened_ == 0 ? first_day_ : day());
}

std::optional<JournalledBlock> JournalSequence::next(const ledger::Tip& tip) {
  do {
    if (auto block = next_of_day(tip)) return block;
  } while (next_day(tip));
  return std::nullopt;
}

std::optional<JournalledBlock> JournalSequence::next_of_day(const ledger::Tip& tip) {
  auto found = journal_ ? journal_->next() : std::nullopt;
  if (found) require_next(found->block, tip);
  return found;
}

bool JournalSequence::next_day(const ledger::Tip& tip) {
  if (opened_ == count_) return false;
  if (journal_) {
    if (journal_->cut_bytes() > 0) {
      throw FormatError(place() + " offset " + std::to_string(journal_->offset()) +
                        ": damaged frame, though the next day's journal was begun after it");
    }
    const auto& evidence = journal_->evidence();
    earlier_evidence_.insert(earlier_evidence_.end(), evidence.begin(), evidence.end());
  }
  open(tip);
  return true;
}

void JournalSequence::open(const ledger::Tip& tip) {
  ++opened_;
  journal_.reset();
  journal_ = std::make_unique<JournalReader>(files_->open(journal_name(day())));
  const auto& header = journal_->header();
  if (header.run_id != run_id_) {
    refuse(place(), "run", ledger::to_hex(run_id_), ledger::to_hex(header.run_id));
  }
  if (header.first_height != tip.height() + 1) {
    refuse(place(), "first height", std::to_string(tip.height() + 1),
           std::to_string(header.first_height));
  }
}

void JournalSequence::require_next(const ledger::CommittedBlock& committed,
                                   const ledger::Tip& tip) const {
  const auto& header = committed.block.header;
  const auto height = tip.height() + 1;
  const auto at = place() + ", height " + std::to_string(height);
  if (header.turn.height != height) {
    refuse(at, "height", std::to_string(height), std::to_string(header.turn.height));
  }
  if (header.turn.day != day()) {
    refuse(at, "day", std::to_string(day()), std::to_string(header.turn.day));
  }
  const auto hash = ledger::block_hash(header);
  if (committed.certificate.block_hash != hash) {
    refuse(at, "hash in its certificate", ledger::to_hex(hash),
           ledger::to_hex(committed.certificate.block_hash));
  }
  if (header.parent != tip.head) {
    refuse(at, "parent", ledger::to_hex(tip.head), ledger::to_hex(header.parent));
  }
  if (header.history != tip.history.root()) {
    refuse(at, "history", ledger::to_hex(tip.history.root()), ledger::to_hex(header.history));
  }
}

std::vector<ledger::Evidence> JournalSequence::evidence() const {
  auto all = earlier_evidence_;
  if (journal_) all.insert(all.end(), journal_->evidence().begin(), journal_->evidence().end());
  return all;
}

}  // namespace gridtally::archive
