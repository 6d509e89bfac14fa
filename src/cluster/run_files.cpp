#include "cluster/run_files.hpp"

#include <iostream>

#include "cluster/private_output.hpp"

namespace gridtally::cluster {

RunFiles::RunFiles(const ledger::Genesis& genesis, const Network& network, const Secrets& secrets,
                   const RunOutput& output, const meter::MeterGroup& meters)
    : genesis_(genesis), output_(output), meters_(meters) {
  if (network.rank() == archivist) {
    using Existing = archive::ArchiveWriter::Existing;
    archive_ =
        archive::ArchiveWriter::create(output.archive, genesis, secrets.validator_keys.front(),
                                       output.replace ? Existing::replace : Existing::refuse);
    prepare_private_output(output.private_files);  // the archive's lock is held by now
    progress_.emplace(std::cout, writes_to_terminal(), output.talk, genesis.days,
                      genesis.terms.epsilon);
  }
  (void)network.share({});  // the folders stand before any meter writes
  if (!meters.files().empty() && network.rank() != archivist) {
    archive::make_private_folder(output.private_files);
  }
  write_private_files();
}

void RunFiles::write_private_files() {
  for (const auto& file : meters_.files()) {
    archive::write_private_file(output_.private_files, file);
  }
}

void RunFiles::record(const ledger::Committed& committed, const ledger::ContractState& state,
                      bool settled, bool ends) {
  if (settled) write_private_files();
  if (state.settled) add_up(state);
  if (!archive_) return;
  archive_->append(committed);
  if (state.settled || ends) archive_->seal_day(state);
  progress_->show(state);
}

void RunFiles::add_up(const ledger::ContractState& state) {
  const auto day = ledger::benefits(genesis_, state);
  benefits_.resize(day.size());
  for (std::size_t u = 0; u < day.size(); ++u) benefits_[u] += day[u];
  for (const auto u : ledger::unfunded(state)) unfunded_.push_back({state.turn.day, u});
}

bool RunFiles::keep(const ledger::Evidence& evidence) {
  const auto digest = ledger::sha256(encode(evidence));
  if (!archive_ || known_evidence_.contains(digest)) return false;
  using Durability = archive::ArchiveWriter::Durability;
  if (!archive_->append_evidence(evidence, Durability::later)) return false;
  known_evidence_.insert(digest);
  evidence_.push_back(evidence);
  return true;
}

void RunFiles::close() {
  if (archive_) archive_->close();
  if (progress_) progress_->end_line();
}

std::vector<VoteRecord> begin_vote_records(const std::filesystem::path& folder,
                                           Layout::Range range) {
  std::vector<VoteRecord> records;
  if (folder.empty()) return records;
  ledger::make_key_folder(folder);
  for (std::uint32_t v = range.first; v < range.first + range.count; ++v) {
    const auto path = folder / vote_record_name(v);
    std::filesystem::remove(path);
    records.emplace_back(path);
  }
  return records;
}

}  // namespace gridtally::cluster
