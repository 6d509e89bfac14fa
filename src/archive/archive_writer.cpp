#include "archive/archive_writer.hpp"

#include <chrono>

#include "archive/file_digest.hpp"
#include "archive/output_folder.hpp"
#include "archive/segment_writer.hpp"
#include "base/error.hpp"

namespace gridtally::archive {

namespace {
double now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since).count();
}

void require_signer(const ledger::Genesis& genesis, const ledger::SecretKey& signer) {
  if (!genesis.validators.empty() && genesis.validators[0] == signer.public_key()) return;
  throw InputError("an archive is signed by validator 0; the key given is another's");
}

void require_next(const ledger::Header& header, const ledger::Digest& run_id,
                  const JournalledDay& day) {
  const auto& tip = day.end;
  const auto height = tip.height() + 1;
  const auto at = "height " + std::to_string(header.turn.height) + " cannot be archived: ";
  if (header.turn.height != height || header.run_id != run_id || header.parent != tip.head ||
      header.history != tip.history.root()) {
    throw FormatError(at + "expected height " + std::to_string(height) + " of run " +
                      ledger::to_hex(run_id) + " on " + ledger::to_hex(tip.head));
  }
  if (header.turn.day != day.day && (header.turn.day != day.day + 1 || height == day.first)) {
    throw FormatError(at + "it is of day " + std::to_string(header.turn.day) + ", expected day " +
                      std::to_string(day.day));
  }
}

void require_known(const ledger::CommittedBlock& block, std::uint64_t validators) {
  const auto& precommits = block.certificate.precommits;
  if (precommits.empty() || precommits.back().validator < validators) return;
  throw FormatError("height " + std::to_string(block.block.header.turn.height) +
                    ": a precommit of validator " + std::to_string(precommits.back().validator) +
                    ", who is unknown");
}
}  // namespace

ArchiveWriter::ArchiveWriter(std::filesystem::path folder, ledger::Genesis genesis,
                             const ledger::SecretKey& signer, LockFile lock)
    : folder_(std::move(folder)),
      genesis_(std::move(genesis)),
      run_id_(ledger::run_id(genesis_)),
      signer_(&signer),
      lock_(std::move(lock)),
      sealed_(run_id_) {}

void ArchiveWriter::check_output(const std::filesystem::path& folder, Existing existing) {
  require_output_folder(folder, existing == Existing::replace);
}

ArchiveWriter ArchiveWriter::create(const std::filesystem::path& folder,
                                    const ledger::Genesis& genesis, const ledger::SecretKey& signer,
                                    Existing existing) {
  require_signer(genesis, signer);
  check_output(folder, existing);
  std::filesystem::create_directories(folder);
  ArchiveWriter writer(folder, genesis, signer, LockFile(folder / lock_name));
  writer.begin();
  return writer;
}

ArchiveWriter ArchiveWriter::resume(const std::filesystem::path& folder,
                                    const ledger::Genesis& genesis,
                                    const ledger::SecretKey& signer) {
  require_signer(genesis, signer);
  if (!std::filesystem::exists(folder / genesis_name)) check_output(folder, Existing::replace);
  std::filesystem::create_directories(folder);
  ArchiveWriter writer(folder, genesis, signer, LockFile(folder / lock_name));
  auto survey = survey_archive(folder, genesis);
  if (survey.begun) {
    writer.go_on(std::move(survey));
  } else {
    writer.begin();
  }
  return writer;
}

/// Genesis, journal, manifest: in this order.
void ArchiveWriter::begin() {
  remove_archive_files(folder_);
  write_file_durably(folder_ / genesis_name, ledger::encode(genesis_));
  start_journal(genesis_.validators.size());
  write_manifest();
}

/// What counts is written anew before anything is removed: an earlier writer may have seen an fsync
/// fail, and what it wrote may be in memory alone.
void ArchiveWriter::go_on(Survey survey) {
  segments_ = std::move(survey.segments);
  sealed_ = survey.sealed;
  days_ = std::move(survey.days);
  evidence_pieces_ = survey.evidence_pieces;
  evidence_bytes_ = survey.evidence_bytes;
  write_file_durably(folder_ / genesis_name, ledger::encode(genesis_));
  write_manifest();
  if (days_.empty()) {
    start_journal(survey.validators);
  } else {
    const auto path = folder_ / journal_name(days_.back().day);
    journal_ = JournalWriter::go_on(path, survey.journal_bytes);
  }
  for (const auto& name : survey.leftovers) remove_file(folder_ / name);
  sync_folder(folder_);
}

/// The journal of the day that follows, once all that stands in the one before is durable;
/// `validators` are known when it begins.
void ArchiveWriter::start_journal(std::uint64_t validators) {
  if (journal_) journal_->sync();
  const auto day = days_.empty() ? sealed_days() : days_.back().day + 1;
  const auto tip = days_.empty() ? sealed_ : days_.back().end;
  const auto first = tip.height() + 1;
  journal_ = JournalWriter::start(folder_ / journal_name(day), {run_id_, first});
  days_.push_back({day, first, tip, {}});
  days_.back().counts.validators = validators;
}

/// Does work on the disk; once any has failed, none is tried again.
template <class Work>
void ArchiveWriter::attempt(const Work& work) {
  if (!failure_.empty()) {
    throw IoError("nothing more is written to '" + folder_.string() +
                  "' after an error: " + failure_);
  }
  failure_ = "it was cut off";
  try {
    work();
  } catch (const std::exception& error) {
    failure_ = error.what();
    throw;
  }
  failure_.clear();
}

void ArchiveWriter::append(const ledger::CommittedBlock& block, Durability durability) {
  append(block, now(), durability);
}

void ArchiveWriter::append(const ledger::CommittedBlock& block, double commit_time,
                           Durability durability) {
  const auto& header = block.block.header;
  const auto known = days_.back().counts.validators;
  require_next(header, run_id_, days_.back());
  require_storable(genesis_, block);
  require_known(block, known);
  attempt([&] {
    if (header.turn.day != days_.back().day) start_journal(known);
    journal_->append(block, commit_time);
    if (durability == Durability::now) journal_->sync();
  });
  days_.back().end.advance(block.certificate.block_hash);
  count(days_.back().counts, block.block);
}

bool ArchiveWriter::append_evidence(const ledger::Evidence& evidence, Durability durability) {
  const std::uint64_t bytes = evidence.first.size() + evidence.second.size();
  if (evidence_pieces_ >= most_evidence || evidence_bytes_ + bytes > most_evidence_bytes) {
    return false;
  }
  attempt([&] {
    journal_->append(evidence);
    if (durability == Durability::now) journal_->sync();
  });
  ++evidence_pieces_;
  evidence_bytes_ += bytes;
  count(days_.back().counts, evidence);
  return true;
}

void ArchiveWriter::sync() {
  attempt([&] { journal_->sync(); });
}

/// The next day's journal, the segment, the manifest, and only then away with the day's journal.
void ArchiveWriter::seal_day(const ledger::ContractState& state) {
  const auto& day = days_.front();
  if (state.turn.height != day.end.height() || state.turn.day != day.day ||
      day.end.height() < day.first) {
    throw Error("day " + std::to_string(state.turn.day) + " at height " +
                std::to_string(state.turn.height) +
                " cannot be sealed: the first day that is not sealed is " +
                std::to_string(day.day) + ", its journal ends at height " +
                std::to_string(day.end.height()));
  }
  const auto known = state.membership.known().size();
  attempt([&] {
    if (days_.size() == 1) start_journal(known);
    write_segment_of(days_.front(), state);
    sealed_ = days_.front().end;
    write_manifest();
    remove_file(folder_ / journal_name(days_.front().day));
    sync_folder(folder_);
    days_.pop_front();
  });
}

void ArchiveWriter::write_segment_of(const JournalledDay& day, const ledger::ContractState& state) {
  const auto name = segment_name(day.day);
  const auto temporary = folder_ / (name + ".tmp");
  remove_file(temporary);
  JournalReader blocks(folder_ / journal_name(day.day));
  auto counts = day.counts;
  counts.validators = state.membership.known().size();
  write_segment(temporary, genesis_, blocks, day_result(genesis_, state), counts);
  const auto hash = file_digest(temporary);
  rename_file(temporary, folder_ / name);
  sync_folder(folder_);
  segments_.push_back({name, hash, day.first, day.end.height()});
}

void ArchiveWriter::close() {
  attempt([&] {
    journal_->sync();
    journal_->close();
    const auto& day = days_.back();
    if (day.end.height() >= day.first || day.counts.evidence > 0) return;
    remove_file(folder_ / journal_name(day.day));
    sync_folder(folder_);
  });
}

void ArchiveWriter::write_manifest() {
  Manifest manifest;
  manifest.run_id = run_id_;
  manifest.segments = segments_;
  manifest.height = sealed_.height();
  manifest.head = sealed_.head;
  manifest.history_root = sealed_.history.root();
  write_file_durably(folder_ / manifest_name, sign_manifest(manifest, *signer_));
}

}  // namespace gridtally::archive
