#include "archive/archive_disk.hpp"

#include <exception>
#include <system_error>

#include "archive/input.hpp"
#include "archive/output_folder.hpp"
#include "archive/segment_writer.hpp"
#include "base/crew.hpp"
#include "base/file.hpp"

namespace gridtally::archive {

namespace {
constexpr unsigned most_sealers = 3;  // besides the one that seals
}

ArchiveDisk::ArchiveDisk(std::filesystem::path folder, const ledger::Genesis& genesis,
                         const ledger::SecretKey& signer)
    : folder_(std::move(folder)),
      genesis_(genesis),
      run_id_(ledger::run_id(genesis)),
      signer_(signer),
      lock_(folder_ / lock_name),
      sealed_(run_id_),
      sealers_(helpers_here(most_sealers)) {}

/// Genesis, journal, manifest: in this order.
void ArchiveDisk::begin() {
  remove_archive_files(folder_);
  write_file_durably(folder_ / genesis_name, ledger::encode(genesis_));
  start_journal(0, 1);
  write_manifest();
}

/// What counts is written anew before anything is removed: an earlier writer may have seen an fsync
/// fail, and what it wrote may be in memory alone.
void ArchiveDisk::go_on(const Survey& survey) {
  segments_ = survey.segments;
  sealed_ = survey.sealed;
  write_file_durably(folder_ / genesis_name, ledger::encode(genesis_));
  write_manifest();
  if (!survey.days.empty()) {
    const auto path = folder_ / journal_name(survey.days.back().day);
    journal_ = JournalWriter::go_on(path, survey.journal_bytes);
  }
  for (const auto& name : survey.leftovers) remove_file(folder_ / name);
  sync_folder(folder_);
}

void ArchiveDisk::start_journal(std::uint32_t day, std::uint64_t first_height) {
  if (journal_) journal_->sync();
  journal_ = JournalWriter::start(folder_ / journal_name(day), {run_id_, first_height});
}

void ArchiveDisk::append(const ledger::CommittedBlock& block, double commit_time) {
  journal_->append(block, commit_time);
}

void ArchiveDisk::append(const ledger::Evidence& evidence) { journal_->append(evidence); }
void ArchiveDisk::sync() { journal_->sync(); }

void ArchiveDisk::close(std::uint32_t day, bool empty) {
  journal_->sync();
  journal_->close();
  if (prepared_) remove_file(prepared_path(prepared_->day));  // never sealed
  if (!empty) return;
  remove_file(folder_ / journal_name(day));
  sync_folder(folder_);
}

std::filesystem::path ArchiveDisk::prepared_path(std::uint32_t day) const {
  return folder_ / (segment_name(day) + ".tmp");
}

void ArchiveDisk::prepare(const JournalledDay& day, const DayResult& result) {
  try {
    write_segment_of(day, result);
  } catch (const std::exception&) {
    std::error_code ignored;
    std::filesystem::remove(prepared_path(day.day), ignored);
  }
}

void ArchiveDisk::write_segment_of(const JournalledDay& day, const DayResult& result) {
  const auto path = prepared_path(day.day);
  prepared_.reset();
  remove_file(path);
  const LentCrew decoding(sealers_);
  JournalReader blocks{Input(folder_ / journal_name(day.day))};
  write_segment(path, genesis_, blocks, result, day.counts, &sealers_);
  prepared_ = {day.day, day.counts, digest_of(Input(path))};
}

void ArchiveDisk::seal(const JournalledDay& day, const DayResult& result) {
  if (!prepared_ || prepared_->day != day.day || prepared_->counts != day.counts) {
    write_segment_of(day, result);
  }
  const auto name = segment_name(day.day);
  rename_file(prepared_path(day.day), folder_ / name);
  sync_folder(folder_);
  segments_.push_back({name, prepared_->hash, day.first, day.end.height()});
  prepared_.reset();
  sealed_ = day.end;
  write_manifest();
  remove_file(folder_ / journal_name(day.day));
  sync_folder(folder_);
}

void ArchiveDisk::write_manifest() {
  Manifest manifest;
  manifest.run_id = run_id_;
  manifest.segments = segments_;
  manifest.height = sealed_.height();
  manifest.head = sealed_.head;
  manifest.history_root = sealed_.history.root();
  write_file_durably(folder_ / manifest_name, sign_manifest(manifest, signer_));
}

}  // namespace gridtally::archive
