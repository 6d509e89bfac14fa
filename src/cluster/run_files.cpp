#include "cluster/run_files.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

#include "archive/archive_reader.hpp"
#include "base/error.hpp"
#include "cluster/private_output.hpp"
#include "merged/merged_file.hpp"

namespace gridtally::cluster {

RunFiles::RunFiles(const ledger::Genesis& genesis, const Network& network, const Secrets& secrets,
                   const RunOutput& output, const meter::MeterGroup& meters)
    : genesis_(genesis), network_(network), output_(output), meters_(meters) {
  const auto begun = Clock::now();
  run_together([&] {
    if (network.rank() == archivist) open_archive(secrets.validator_keys.front());
  });
  run_together([&] {  // the folders stand before any meter writes
    if (meters.files().empty()) return;
    if (network.rank() != archivist) archive::make_private_folder(output_.private_files);
    private_.emplace(output_.private_files, genesis_, meters.files());
    if (!output_.resume) private_->begin();
  });
  beginning_ = Clock::now() - begun;
}

// Private files go once the archive's lock is held.
void RunFiles::open_archive(const ledger::SecretKey& signer) {
  using archive::ArchiveWriter;
  if (output_.resume) {
    archive_ = ArchiveWriter::resume(output_.archive, genesis_, signer);
    archive::make_private_folder(output_.private_files);
  } else {
    using Existing = ArchiveWriter::Existing;
    archive_ = ArchiveWriter::create(output_.archive, genesis_, signer,
                                     output_.replace ? Existing::replace : Existing::refuse);
    prepare_private_output(output_.private_files);
  }
  archive_->keep(output_.iterates);
  progress_.emplace(std::cout, writes_to_terminal(), output_.talk, genesis_.days,
                    genesis_.terms.epsilon);
}

std::uint32_t RunFiles::sealed_days(const Network& network) const {
  ledger::ByteWriter out;
  if (archive_) out.u32(archive_->sealed_days());
  Letters own;
  if (archive_) own.push_back(out.take());
  return ledger::ByteReader(network.share(own).at(0), "sealed days").u32();
}

archive::PrivateStore::Standing RunFiles::take_up_private(std::uint32_t sealed) {
  return private_ ? private_->go_on(sealed) : archive::PrivateStore::Standing{sealed, {}};
}

void RunFiles::take_up(const ledger::ContractState& state, archive::PrivateDay settled) {
  if (!settled.empty()) add_private_day(state.turn.day, std::move(settled));
  if (state.settled) add_up(state);
  if (progress_) progress_->take_up(state);
  const bool ends = ledger::outcome(genesis_, state) != ledger::Outcome::running;
  if (archive_ && (state.settled || ends) && state.turn.day >= archive_->sealed_days()) {
    unsealed_.push_back(state);
  }
}

void RunFiles::taken_up(const ledger::ContractState& state) {
  if (!output_.iterates.keeps_all()) private_writing_.wait();
  if (!archive_) return;
  if (archive_->height() != state.turn.height) {
    throw Error("'" + output_.archive.string() + "' holds " + std::to_string(archive_->height()) +
                " blocks, of which " + std::to_string(state.turn.height) +
                " could be read: restore it from a copy, or begin anew");
  }
  evidence_ = archive::ArchiveReader(output_.archive).evidence();
  for (const auto& piece : evidence_) known_evidence_.insert(ledger::sha256(encode(piece)));
  if (output_.iterates.keeps_all()) seal(state.turn.height);
  progress_->show_resumption(state);
}

// The days go to the disk in order; memory holds those that the thread has not got to, two at most.
void RunFiles::add_private_day(std::uint32_t day, archive::PrivateDay settled) {
  private_writing_.post([this, day, settled = std::move(settled)] { private_->add(day, settled); });
}

void RunFiles::record(const ledger::Committed& committed, const ledger::ContractState& state,
                      archive::PrivateDay settled, bool ends) {
  if (!settled.empty()) add_private_day(state.turn.day, std::move(settled));
  if (state.settled) add_up(state);
  if (!archive_) return;
  archive_->append(committed);
  if (state.settled || ends) unsealed_.push_back(state);
  if (output_.iterates.keeps_all()) seal(state.turn.height);
  if (ends && unsealed_.size() == 1) archive_->prepare_day(unsealed_.front());  // for close
  progress_->show(state);
}

void RunFiles::seal(std::uint64_t last_height) {
  for (; !unsealed_.empty() && unsealed_.front().turn.height <= last_height;
       unsealed_.pop_front()) {
    if (ledger::outcome(genesis_, unsealed_.front()) != ledger::Outcome::running) return;
    archive_->seal_day(unsealed_.front());
  }
}

// Every rank has the last block, and its private days are on the disk.
void RunFiles::seal_rest() {
  for (; !unsealed_.empty(); unsealed_.pop_front()) archive_->seal_day(unsealed_.front());
}

void RunFiles::note_kept(std::uint64_t height) { seal(height); }

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

struct RunFiles::Ending {
  bool stopped = false;  // by the archivist's word: a rank may have left before it heard of a stop
  bool everyone = true;  // has the run's last block
};

RunFiles::Ending RunFiles::everyones_ending(bool stopped, bool ended) const {
  const auto byte = [](bool said) { return static_cast<std::uint8_t>(said ? 1 : 0); };
  const auto words = network_.share({{byte(stopped), byte(ended)}});
  Ending all{words.at(archivist).at(0) == 1, true};
  for (const auto& word : words) all.everyone = all.everyone && word.at(1) == 1;
  return all;
}

void RunFiles::close(bool stopped, bool ended) {
  const auto ending = everyones_ending(stopped, ended);
  run_together([&] { private_writing_.wait(); });
  if (archive_ && ending.everyone && !ending.stopped) seal_rest();
  run_together([&] {
    if (private_ && !ending.stopped && !output_.merged) private_->finish();
    if (archive_) archive_->wait();
  });
  if (output_.merged && !ending.stopped) write_merged_file();
  if (archive_) archive_->close();
  if (progress_) progress_->end_line();
}

// The meters' own files go once everyone's data stands in the merged one.
void RunFiles::write_merged_file() {
  merged::Share share;
  if (private_) share = {meters_.files(), private_->days(), private_->reading()};
  run_together([&] {
    merged::write_merged_file(network_.everyone(), output_.private_files, genesis_, share);
  });
  run_together([&] {
    if (private_) private_->remove();
  });
}

double RunFiles::background_seconds() {
  return private_writing_.processor_seconds() + (archive_ ? archive_->background_seconds() : 0.0);
}

Clock::duration RunFiles::longest_writing() {
  const auto own = std::max(beginning_, private_writing_.longest());
  return archive_ ? std::max(own, archive_->longest_sealing()) : own;
}

}  // namespace gridtally::cluster
