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

void require_next(const ledger::Header& header, std::uint64_t height, const ledger::Digest& run_id,
                  const ledger::Digest& head) {
  if (header.turn.height != height || header.run_id != run_id || header.parent != head) {
    throw FormatError("height " + std::to_string(header.turn.height) +
                      " cannot be archived: expected height " + std::to_string(height) +
                      " of run " + ledger::to_hex(run_id) + " on " + ledger::to_hex(head));
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
      hashes_{run_id_} {}

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
  require_next(block.block.header, height() + 1, run_id_, head());
  require_storable(genesis_, block);
  journal_.append(block, commit_time);
  hashes_.push_back(block.certificate.block_hash);
  if (durability == Durability::now) journal_.sync();
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
  write_segment(temporary, genesis_, blocks, day_result(genesis_, state));
  const auto hash = ledger::sha256(read_file(temporary));
  std::filesystem::rename(temporary, path);
  sync_folder(folder_);
  segments_.push_back({name, hash, blocks.header().first_height, height()});
  write_manifest();
  journal_ = JournalWriter::start(folder_ / journal_name, {run_id_, height() + 1});
}

void ArchiveWriter::close() {
  journal_.sync();
  journal_.close();
  const std::uint64_t sealed = segments_.empty() ? 0 : segments_.back().last;
  if (sealed < height()) return;
  std::filesystem::remove(folder_ / journal_name);
  sync_folder(folder_);
}

void ArchiveWriter::write_manifest() {
  Manifest manifest;
  manifest.run_id = run_id_;
  manifest.segments = segments_;
  manifest.height = segments_.empty() ? 0 : segments_.back().last;
  manifest.head = hashes_[manifest.height];
  manifest.history_root = history_root(
      {hashes_.begin(), hashes_.begin() + static_cast<std::ptrdiff_t>(manifest.height + 1)});
  write_file_durably(folder_ / manifest_name, sign_manifest(manifest, *signer_));
}

}  // namespace gridtally::archive
