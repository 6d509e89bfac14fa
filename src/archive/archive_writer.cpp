#include "archive/archive_writer.hpp"

#include <atomic>
#include <chrono>
#include <functional>

#include "archive/archive_disk.hpp"
#include "archive/output_folder.hpp"
#include "archive/segment_writer.hpp"
#include "base/background.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::archive {

namespace {
constexpr std::size_t most_frames_waiting = 4;  // and as many blocks in memory
constexpr std::size_t most_days_waiting = 2;    // for their segments

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

/// What two threads do for a writer: one keeps the journal, one seals days. Ended in reverse order.
struct ArchiveWriter::Hands {
  Hands(const std::filesystem::path& folder, ledger::Genesis run, const ledger::SecretKey& signer)
      : genesis(std::move(run)), disk(folder, genesis, signer) {}

  /// For the journal's thread, after each frame: one sync for all that have come meanwhile.
  void sync_if_last(std::uint64_t height) {
    if (!journal.is_last()) return;
    disk.sync();
    durable_height = height;
  }

  ledger::Genesis genesis;
  ArchiveDisk disk;
  std::atomic<std::uint64_t> durable_height{0};
  Background sealing{most_days_waiting};
  Background journal{most_frames_waiting};
};

ArchiveWriter::ArchiveWriter(const std::filesystem::path& folder, const ledger::Genesis& genesis,
                             const ledger::SecretKey& signer)
    : hands_(std::make_unique<Hands>(folder, genesis, signer)),
      run_id_(ledger::run_id(genesis)),
      sealed_(run_id_) {}

ArchiveWriter::ArchiveWriter(ArchiveWriter&&) noexcept = default;
ArchiveWriter& ArchiveWriter::operator=(ArchiveWriter&&) noexcept = default;
ArchiveWriter::~ArchiveWriter() = default;

void ArchiveWriter::check_output(const std::filesystem::path& folder, Existing existing) {
  require_output_folder(folder, existing == Existing::replace);
}

ArchiveWriter ArchiveWriter::create(const std::filesystem::path& folder,
                                    const ledger::Genesis& genesis, const ledger::SecretKey& signer,
                                    Existing existing) {
  require_signer(genesis, signer);
  check_output(folder, existing);
  create_folders_durably(folder);
  ArchiveWriter writer(folder, genesis, signer);
  writer.begin();
  return writer;
}

ArchiveWriter ArchiveWriter::resume(const std::filesystem::path& folder,
                                    const ledger::Genesis& genesis,
                                    const ledger::SecretKey& signer) {
  require_signer(genesis, signer);
  if (!std::filesystem::exists(folder / genesis_name)) check_output(folder, Existing::replace);
  create_folders_durably(folder);
  ArchiveWriter writer(folder, genesis, signer);
  auto survey = survey_archive(folder, genesis);
  if (survey.begun) {
    writer.go_on(std::move(survey));
  } else {
    writer.begin();
  }
  return writer;
}

void ArchiveWriter::begin() {
  hands_->disk.begin();
  days_.push_back({0, 1, sealed_, {}});
  days_.back().counts.validators = hands_->genesis.validators.size();
}

void ArchiveWriter::go_on(Survey survey) {
  hands_->disk.go_on(survey);
  sealed_days_ = static_cast<std::uint32_t>(survey.segments.size());
  sealed_ = survey.sealed;
  days_ = std::move(survey.days);
  evidence_pieces_ = survey.evidence_pieces;
  evidence_bytes_ = survey.evidence_bytes;
  if (days_.empty()) start_journal(survey.validators);
  hands_->durable_height = height();
}

/// The day that follows, whose journal is begun in the background; `validators` are known by then.
void ArchiveWriter::start_journal(std::uint64_t validators) {
  const auto day = days_.empty() ? sealed_days_ : days_.back().day + 1;
  const auto tip = days_.empty() ? sealed_ : days_.back().end;
  const auto height = tip.height();
  days_.push_back({day, height + 1, tip, {}});
  days_.back().counts.validators = validators;
  post([day, height](Hands& hands) {
    hands.disk.start_journal(day, height + 1);
    hands.durable_height = height;
  });
}

/// Hands work to the thread of the journal.
void ArchiveWriter::post(std::function<void(Hands&)> work) {
  attempt([&] {
    hands_->journal.post([hands = hands_.get(), work = std::move(work)] { work(*hands); });
  });
}

/// Calls `step`; throws what this or an earlier step, on whatever thread, has failed of.
template <class Step>
void ArchiveWriter::attempt(const Step& step) {
  try {
    hands_->sealing.check();
    hands_->journal.check();
    step();
  } catch (const std::exception& error) {
    throw IoError("nothing more is written to '" + folder().string() +
                  "' after an error: " + error.what());
  }
}

const std::filesystem::path& ArchiveWriter::folder() const { return hands_->disk.folder(); }
std::uint64_t ArchiveWriter::durable_height() {
  attempt([] {});
  return hands_->durable_height;
}

void ArchiveWriter::append(const ledger::CommittedBlock& block, Durability durability) {
  append(block, now(), durability);
}

void ArchiveWriter::append(const ledger::CommittedBlock& block, double commit_time,
                           Durability durability) {
  append(std::make_shared<const ledger::CommittedBlock>(block), commit_time);
  if (durability == Durability::now) sync();
}

void ArchiveWriter::append(const ledger::Committed& block) { append(block, now()); }

void ArchiveWriter::append(const ledger::Committed& committed, double commit_time) {
  const auto& block = committed->block;
  const auto known = days_.back().counts.validators;
  require_next(block.header, run_id_, days_.back());
  require_storable(hands_->genesis, *committed);
  require_known(*committed, known);
  if (block.header.turn.day != days_.back().day) start_journal(known);
  post([committed, commit_time](Hands& hands) {
    hands.disk.append(*committed, commit_time);
    hands.sync_if_last(committed->block.header.turn.height);
  });
  days_.back().end.advance(committed->certificate.block_hash);
  count(days_.back().counts, block);
}

bool ArchiveWriter::append_evidence(const ledger::Evidence& evidence, Durability durability) {
  const std::uint64_t bytes = evidence.first.size() + evidence.second.size();
  if (evidence_pieces_ >= most_evidence || evidence_bytes_ + bytes > most_evidence_bytes) {
    return false;
  }
  post([evidence, height = height()](Hands& hands) {
    hands.disk.append(evidence);
    hands.sync_if_last(height);
  });
  ++evidence_pieces_;
  evidence_bytes_ += bytes;
  count(days_.back().counts, evidence);
  if (durability == Durability::now) sync();
  return true;
}

void ArchiveWriter::sync() {
  attempt([&] { hands_->journal.wait(); });
}

/// The first day that is not sealed, which `state` must end.
std::shared_ptr<const JournalledDay> ArchiveWriter::day_to_seal(
    const ledger::ContractState& state) {
  const auto& first = days_.front();
  if (state.turn.height != first.end.height() || state.turn.day != first.day ||
      first.end.height() < first.first) {
    throw Error("day " + std::to_string(state.turn.day) + " at height " +
                std::to_string(state.turn.height) +
                " cannot be sealed: the first day that is not sealed is " +
                std::to_string(first.day) + ", its journal ends at height " +
                std::to_string(first.end.height()));
  }
  days_.front().counts.validators = state.membership.known().size();
  days_.front().counts.iterates = iterates_;
  return std::make_shared<const JournalledDay>(days_.front());
}

/// Hands work to the thread that seals, once what was appended is durable.
void ArchiveWriter::post_sealing(std::function<void(ArchiveDisk&)> work) {
  post([work = std::move(work), height = height()](Hands& hands) {
    hands.sync_if_last(height);  // a block before this left the sync to what came behind it
    hands.sealing.post([&disk = hands.disk, work] { work(disk); });
  });
}

void ArchiveWriter::prepare_day(const ledger::ContractState& state) {
  auto result = std::make_shared<const DayResult>(day_result(hands_->genesis, state));
  post_sealing(
      [day = day_to_seal(state), result](ArchiveDisk& disk) { disk.prepare(*day, *result); });
}

void ArchiveWriter::seal_day(const ledger::ContractState& state) {
  const auto day = day_to_seal(state);
  if (days_.size() == 1) start_journal(day->counts.validators);
  auto result = std::make_shared<const DayResult>(day_result(hands_->genesis, state));
  days_.pop_front();
  post_sealing([day, result](ArchiveDisk& disk) { disk.seal(*day, *result); });
  ++sealed_days_;
  sealed_ = day->end;
}

void ArchiveWriter::wait() {
  attempt([&] {
    hands_->journal.wait();
    hands_->sealing.wait();
  });
}

double ArchiveWriter::background_seconds() const {
  return hands_->journal.processor_seconds() + hands_->sealing.processor_seconds() +
         hands_->disk.helpers_seconds();
}

std::chrono::steady_clock::duration ArchiveWriter::longest_sealing() const {
  return hands_->sealing.longest();
}

void ArchiveWriter::close() {
  wait();
  const auto& last = days_.back();
  const bool empty = last.end.height() < last.first && last.counts.evidence == 0;
  attempt([&] {
    hands_->journal.post([&disk = hands_->disk, day = last.day, empty] { disk.close(day, empty); });
    hands_->journal.wait();
  });
}

}  // namespace gridtally::archive
