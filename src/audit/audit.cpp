// Blocks are read in height order in batches by a thread of their own (BlockStream). While the
// other threads check the signatures of one batch, this one executes the batch before it. A block
// with ballots ends its batch and must be executed before the next one's signatures are checked: it
// may change the keys. A block is executed only when its form is good, so the first fault reported
// is the first by height.
#include "audit/audit.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "audit/block_stream.hpp"
#include "audit/day_checks.hpp"
#include "audit/evidence_checks.hpp"
#include "audit/form_checks.hpp"
#include "base/crew.hpp"
#include "ledger/carried_state.hpp"
#include "ledger/latest_words.hpp"

namespace gridtally::audit {

namespace {

constexpr std::size_t largest_batch = 64;                    // blocks
constexpr std::size_t batch_numbers = std::size_t{1} << 18;  // decided numbers in a batch

class Audit {
 public:
  Audit(const std::filesystem::path& folder, const Options& options)
      : options_(options), reader_(folder) {
    report_.processes = options.share.count;
    report_.threads = threads_of(options.share, options.threads);
    report_.private_asked = options.companion.has_value();
  }

  Report run() {
    if (reader_.has_genesis()) {
      describe_run();
      if (reader_.faults().empty() && open_companion()) replay();
    }
    if (report_.fault) return report_;
    if (!reader_.faults().empty()) {
      condemn(report_, finding_of(reader_.faults().front()));
    } else {
      finish();
    }
    return report_;
  }

  /// The chain has a fault, and signatures before it that were not checked may be bad too.
  [[nodiscard]] bool doubts_words() const { return forged_ || chain_fault_; }

 private:
  void describe_run() {
    const auto& genesis = reader_.genesis();
    report_.has_genesis = true;
    report_.run_id = reader_.run_id();
    report_.head = reader_.run_id();
    report_.prosumers = static_cast<std::uint32_t>(genesis.prosumers.size());
    report_.pairs = genesis.terms.graph.pairs();
    report_.meters = static_cast<std::uint32_t>(genesis.meters.size());
    report_.validators = static_cast<std::uint32_t>(genesis.validators.size());
    report_.days_planned = genesis.days;
  }

  /// False when the audit ends here.
  bool open_companion() {
    if (!options_.companion) return true;
    companion_bad_ = options_.companion->open(reader_.genesis(), reader_.leaves_out());
    if (!companion_bad_ || companion_bad_->verdict == Verdict::not_auditable) return true;
    condemn(report_, *companion_bad_);
    return false;
  }

  [[nodiscard]] std::size_t batch_size() const {
    const auto& terms = reader_.genesis().terms;
    const auto numbers = std::max<std::size_t>(1, terms.decision_rows() * terms.slots);
    return std::clamp<std::size_t>(batch_numbers / numbers, 1, largest_batch);
  }

  /// Batches in memory: of one block each no more than there are validators, but two at least.
  [[nodiscard]] std::size_t most_batches() const {
    const auto validators = reader_.genesis().validators.size();
    return batch_size() > 1 ? 4 : std::clamp<std::size_t>(validators, 2, 4);
  }

  std::unique_ptr<FormChecks> start(const Batch* batch) {
    if (batch == nullptr) return nullptr;
    return std::make_unique<FormChecks>(reader_.genesis(), reader_.run_id(), state().membership,
                                        batch->blocks, report_.threads, options_.share,
                                        options_.every_signature);
  }

  void replay() {
    replay_ = std::make_unique<ledger::Replay>(reader_.genesis());
    balances_ = state().balances;
    evidence_ =
        std::make_unique<EvidenceChecks>(reader_.genesis(), reader_.run_id(), reader_.evidence());
    incidents_ = std::make_unique<ChainIncidents>(reader_.genesis());
    latest_ = std::make_unique<ledger::LatestWords>(0, report_.meters);
    replay_blocks();
    check_latest();
    report_incidents();
  }

  void replay_blocks() {
    Crew helpers(report_.threads - 1);
    const LentCrew executing(helpers);  // large communities
    BlockStream stream(reader_, batch_size(), most_batches());
    std::unique_ptr<Batch> done;
    auto current = stream.next();
    auto checks = start(current.get());
    while (current && !report_.fault) {
      auto next = stream.next(std::move(done));
      const auto faults = checks->finish();
      const bool wait = current->may_change_keys();
      auto next_checks = wait ? nullptr : start(next.get());
      execute(*current, faults);
      if (wait && !report_.fault) next_checks = start(next.get());
      checks = std::move(next_checks);
      done = std::exchange(current, std::move(next));
    }
  }

  /// What no later word vouches for, wherever the audit ends.
  void check_latest() {
    report_.signatures += latest_->size();
    ledger::Verifier verifier(0);
    if (const auto bad = latest_->check(reader_.genesis(), verifier)) {
      forged_ = true;
      condemn(report_, finding_of(*bad));
    }
  }

  /// A block with a fault: what it says in a meter's name is perhaps not the meter's.
  void check_words_of(const ledger::Block& block) {
    ledger::LatestWords words(0, report_.meters);
    ledger::Verifier verifier(0);
    words.note(block);
    forged_ = words.check(reader_.genesis(), verifier).has_value();
  }

  void report_incidents() {
    evidence_->finish(replay_->tip(), state());
    report_.evidence = evidence_->size();
    report_.incidents = incidents_->all(evidence_->offers());
    report_.incidents.insert(report_.incidents.end(), evidence_->incidents().begin(),
                             evidence_->incidents().end());
    std::stable_sort(report_.incidents.begin(), report_.incidents.end(),
                     [](const auto& a, const auto& b) { return a.height < b.height; });
    if (evidence_->finding() && reader_.faults().empty()) condemn(report_, *evidence_->finding());
  }

  void execute(const Batch& batch, const std::vector<std::optional<ledger::Fault>>& faults) {
    for (std::size_t i = 0; i < faults.size() && !report_.fault; ++i) {
      if (faults[i]) {
        auto bad = finding_of(*faults[i]);
        bad.stage = Stage::form;
        condemn(report_, std::move(bad));
      } else {
        execute(batch.blocks[i], batch.days[i].get(), batch.results);
        if (report_.fault) check_words_of(batch.blocks[i].block);
      }
      chain_fault_ = report_.fault && report_.fault->stage <= Stage::execution;
    }
  }

  [[nodiscard]] const ledger::ContractState& state() const { return replay_->state(); }
  [[nodiscard]] bool has_companion() const { return options_.companion && !companion_bad_; }
  [[nodiscard]] bool can_fill() const { return has_companion() && options_.companion->fills(); }

  /// The block with what was left out of it made again, where that is possible.
  std::optional<ledger::Block> made_again(const ledger::Block& block) {
    if (!ledger::lacks_decisions(block)) return std::nullopt;
    ++left_out_;
    if (!can_fill()) return std::nullopt;
    auto filled = options_.companion->fill(state(), block);
    if (auto* bad = std::get_if<Finding>(&filled)) {
      condemn(report_, std::move(*bad));
      return std::nullopt;
    }
    return std::get<ledger::Block>(std::move(filled));
  }

  void execute(const ledger::CommittedBlock& committed, const ledger::ThinnedDay* thinned,
               const KeptResults& results) {
    evidence_->pass(replay_->tip(), state(), replay_->knows_iterate());
    const auto before = has_companion() ? state() : ledger::ContractState{};
    const auto members = state().membership;
    const auto whole = made_again(committed.block);
    if (report_.fault) return;
    const auto& block = whole ? *whole : committed.block;
    const auto* followed = can_fill() ? nullptr : thinned;
    if (followed != nullptr && has_companion()) options_.companion->skip();
    const auto root = options_.share.has(block.header.turn.height) ? ledger::StateRoot::compared
                                                                   : ledger::StateRoot::trusted;
    if (const auto bad = replay_->check(block, followed, root)) {
      return condemn(report_, finding_of(*bad));
    }
    incidents_->note(members, committed, state());
    if (has_companion() && replay_->executed()) {
      auto bad = options_.companion->check(before, block, state());
      if (bad && bad->verdict != Verdict::not_auditable) return condemn(report_, std::move(*bad));
      if (bad) companion_bad_ = std::move(bad);
    }
    if (state().settled) close_day(block, results);
    if (report_.fault) return;
    count(committed);
    report_.head = committed.certificate.block_hash;
    head_found_ = head_found_ || report_.head == options_.head;
  }

  void count(const ledger::CommittedBlock& committed) {
    const auto& block = committed.block;
    ++report_.blocks;
    report_.transactions += block.transactions.size();
    // The proposer's, and what all processes together have checked besides.
    report_.signatures += 1 + block.ballots.size() + committed.certificate.precommits.size();
    if (options_.every_signature || ledger::holds_everyones_word(block)) {
      report_.signatures += block.transactions.size();
      latest_->forget();
    } else {
      latest_->note(block);
    }
    if (options_.progress) options_.progress(report_.blocks, reader_.manifest().height);
  }

  void close_day(const ledger::Block& block, const KeptResults& results) {
    report_.days.push_back(summarise_day(state()));
    report_.days.back().left_out = std::exchange(left_out_, 0);
    report_.days.back().regenerated = report_.days.back().left_out > 0 && can_fill();
    auto bad = check_settled_day(reader_.genesis(), state());
    if (!bad) bad = check_accounts(reader_.genesis(), block.payments, balances_, state());
    balances_ = state().balances;
    if (bad) return condemn_day(std::move(*bad));
    const auto kept = results.find(state().turn.day);
    if (kept != results.end()) check_result(kept->second);
  }

  void check_result(const KeptResult& kept) {
    if (kept.fault) return condemn_day(finding_of(*kept.fault));
    if (!kept.result) return;
    auto bad =
        compare_results(reader_.genesis(), archive::day_result(reader_.genesis(), state()),
                        *kept.result, archive::segment_name(state().turn.day), state().turn.height);
    if (bad) condemn_day(std::move(*bad));
  }

  void condemn_day(Finding bad) {
    bad.stage = Stage::day;
    condemn(report_, std::move(bad));
  }

  /// After the last block of an archive without a fault.
  void finish() {
    if (options_.head && !head_found_ && *options_.head != reader_.run_id()) {
      Finding finding;
      finding.height = report_.blocks;
      finding.what = "the head kept elsewhere";
      finding.expected = "block " + ledger::to_hex(*options_.head) + " at some height";
      finding.found = "none of " + std::to_string(report_.blocks) + " blocks";
      return condemn(report_, std::move(finding));
    }
    report_.outcome = ledger::outcome(reader_.genesis(), state());
    report_.cut_bytes = reader_.cut_bytes();
    report_.closed = report_.outcome != ledger::Outcome::running &&
                     reader_.manifest().segments.size() > state().turn.day;
    if (state().turn.height > 0 && !state().settled) {
      report_.days.push_back(summarise_day(state()));
      check_result(kept_result(reader_, state().turn.day));
    }
    if (report_.fault || !options_.companion) return;
    if (companion_bad_) return condemn(report_, *companion_bad_);
    if (auto bad = options_.companion->close(state(), ending())) condemn(report_, std::move(*bad));
  }

  [[nodiscard]] Ending ending() const {
    Ending ending{report_.closed, 0};
    for (const auto& day : report_.days) {
      if (day.left_out > 0) ending.kept_for = day.day + 1;
    }
    return ending;
  }

  const Options& options_;
  archive::ArchiveReader reader_;
  std::unique_ptr<ledger::Replay> replay_;
  std::uint32_t left_out_ = 0;          ///< iterations of the day so far that lack decisions
  std::vector<std::int64_t> balances_;  ///< after the last settled day
  std::unique_ptr<EvidenceChecks> evidence_;
  std::unique_ptr<ChainIncidents> incidents_;
  std::unique_ptr<ledger::LatestWords> latest_;
  bool chain_fault_ = false;
  bool forged_ = false;  ///< a word in a meter's name is not its own
  std::optional<Finding> companion_bad_;
  bool head_found_ = false;
  Report report_;
};

/// The report with the first fault of the chain, every signature checked. Alone, whoever shares the
/// audit: nobody else need have met the fault.
Report first_fault(const std::filesystem::path& folder, const Options& options, Report report) {
  Options again;
  again.threads = report.threads;
  again.head = options.head;
  again.every_signature = true;
  auto found = Audit(folder, again).run();
  if (!found.fault || found.blocks > report.blocks) return report;
  found.processes = report.processes;
  found.private_asked = report.private_asked;
  return found;
}

}  // namespace

Report audit_archive(const std::filesystem::path& folder, const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  Audit audit(folder, options);
  auto report = audit.run();
  if (!options.every_signature && audit.doubts_words()) {
    report = first_fault(folder, options, std::move(report));
  }
  const auto end = std::chrono::steady_clock::now();
  report.seconds = std::chrono::duration<double>(end - start).count();
  return report;
}

}  // namespace gridtally::audit
