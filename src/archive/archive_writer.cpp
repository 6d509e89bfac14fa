#include "archive/archive_writer.hpp"

#include <chrono>

#include "archive/output_folder.hpp"
#include "archive/segment_writer.hpp"
#include "base/error.hpp"

namespace gridtally::archive {

namespace {
double now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since).count();
}

void require_next(const ledger::Header& header, const ledger::Digest& run_id,
                  const ledger::Tip& tip) {
  const auto height = tip.height() + 1;
  if (header.turn.height != height || header.run_id != run_id || header.parent != tip.head ||
      header.history != tip.history.root()) {
    throw FormatError("height " + std::to_string(header.turn.height) +
                      " cannot be archived: expected height " + std::to_string(height) +
                      " of run " + ledger::to_hex(run_id) + " on " + ledger::to_hex(tip.head));
  }
}
}  // namespace

ArchiveWriter::ArchiveWriter(std::filesystem::path folder, ledger::Genesis genesis,
                             const ledger::SecretKey& signer, LockFile lock, JournalWriter journal)
    : folder_(std::move(folder)),
      genesis_(std::move(genesis)),
      run_id_(ledger::run_id(genesis_)),
      signer_(&signer),
      lock_(std::move(lock)),
      journal_(std::move(journal)),
      tip_(run_id_),
      sealed_(run_id_) {
  counts_.validators = genesis_.validators.size();
}

void ArchiveWriter::check_output(const std::filesystem::path& folder, Existing existing) {
  require_output_folder(folder, existing == Existing::replace);
}

ArchiveWriter ArchiveWriter::create(const std::filesystem::path& folder,
                                    const ledger::Genesis& genesis, const ledger::SecretKey& signer,
                                    Existing existing) {
  if (genesis.validators.empty() || genesis.validators[0] != signer.public_key()) {
    throw InputError("an archive is signed by validator 0; the key given is another's");
  }
  check_output(folder, existing);
  std::filesystem::create_directories(folder);
  LockFile lock(folder / lock_name);
  remove_archive_files(folder);
  write_file_durably(folder / genesis_name, ledger::encode(genesis));
  auto journal = JournalWriter::start(folder / journal_name, {ledger::run_id(genesis), 1});
  ArchiveWriter writer(folder, genesis, signer, std::move(lock), std::move(journal));
  writer.write_manifest();
  return writer;
}

void ArchiveWriter::append(const ledger::CommittedBlock& block, Durability durability) {
  append(block, now(), durability);
}

void ArchiveWriter::append(const ledger::CommittedBlock& block, double commit_time,
                           Durability durability) {
  require_next(block.block.header, run_id_, tip_);
  require_storable(genesis_, block);
  const auto& precommits = block.certificate.precommits;
  if (!precommits.empty() && precommits.back().validator >= counts_.validators) {
    throw FormatError("height " + std::to_string(height() + 1) + ": a precommit of validator " +
                      std::to_string(precommits.back().validator) + ", who is unknown");
  }
  journal_.append(block, commit_time);
  tip_.advance(block.certificate.block_hash);
  count(block.block);
  if (durability == Durability::now) journal_.sync();
}

void ArchiveWriter::count(const ledger::Block& block) {
  counts_.ballots += block.ballots.size();
  counts_.validators += block.ballots.size();
  counts_.payments += block.payments.size();
}

bool ArchiveWriter::append_evidence(const ledger::Evidence& evidence, Durability durability) {
  const std::uint64_t bytes = evidence.first.size() + evidence.second.size();
  if (evidence_pieces_ == most_evidence || bytes > most_evidence_bytes - evidence_bytes_) {
    return false;
  }
  journal_.append(evidence);
  ++evidence_pieces_;
  ++counts_.evidence;
  evidence_bytes_ += bytes;
  counts_.evidence_bytes += bytes;
  if (durability == Durability::now) journal_.sync();
  return true;
}

void ArchiveWriter::sync() { journal_.sync(); }

void ArchiveWriter::seal_day(const ledger::ContractState& state) {
  if (state.turn.height != height() || state.turn.day != segments_.size()) {
    throw Error("day " + std::to_string(state.turn.day) + " at height " +
                std::to_string(state.turn.height) +
                " cannot be sealed: the archive stands in day " + std::to_string(segments_.size()) +
                " at height " + std::to_string(height()));
  }
  journal_.sync();
  const auto name = segment_name(state.turn.day);
  const auto path = folder_ / name;
  const auto temporary = folder_ / (name + ".tmp");
  std::filesystem::remove(temporary);
  JournalReader blocks(folder_ / journal_name);
  counts_.validators = state.membership.known().size();
  write_segment(temporary, genesis_, blocks, day_result(genesis_, state), counts_);
  const auto hash = ledger::sha256(read_file(temporary));
  std::filesystem::rename(temporary, path);
  sync_folder(folder_);
  segments_.push_back({name, hash, blocks.header().first_height, height()});
  sealed_ = tip_;
  counts_ = {};
  counts_.validators = state.membership.known().size();
  write_manifest();
  journal_ = JournalWriter::start(folder_ / journal_name, {run_id_, height() + 1});
}

void ArchiveWriter::close() {
  journal_.sync();
  journal_.close();
  const std::uint64_t sealed = segments_.empty() ? 0 : segments_.back().last;
  if (sealed < height() || counts_.evidence > 0) return;
  std::filesystem::remove(folder_ / journal_name);
  sync_folder(folder_);
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
