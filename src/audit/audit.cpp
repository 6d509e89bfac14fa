// Blocks are read in height order in batches. While the threads check the signatures of one batch,
// this thread executes the batch before it and reads the batch after it. A block with ballots ends
// its batch and must be executed before the next one's signatures are checked: it may change the
// keys. A block is executed only when its form is good, so the first fault reported is the first by
// height.
#include "audit/audit.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "archive/archive_reader.hpp"
#include "audit/day_checks.hpp"
#include "audit/evidence_checks.hpp"
#include "audit/form_checks.hpp"
#include "ledger/carried_state.hpp"

namespace gridtally::audit {

namespace {

constexpr std::size_t largest_batch = 64;                    // blocks
constexpr std::size_t batch_numbers = std::size_t{1} << 22;  // decided numbers in a batch

unsigned thread_count(unsigned wanted) {
  return wanted > 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
}

class Audit {
 public:
  Audit(const std::filesystem::path& folder, const Options& options)
      : options_(options), reader_(folder) {
    report_.threads = thread_count(options.threads);
    report_.private_asked = options.companion.has_value();
  }

  Report run() {
    if (reader_.has_genesis()) {
      describe_run();
      if (reader_.faults().empty() && open_companion()) replay();
    }
    if (report_.fault) return std::move(report_);
    if (!reader_.faults().empty()) {
      condemn(report_, finding_of(reader_.faults().front()));
    } else {
      finish();
    }
    return std::move(report_);
  }

 private:
  using Thinned = std::shared_ptr<const ledger::ThinnedDay>;

  struct Work {
    Batch batch;
    std::vector<Thinned> days;  ///< of each block, where its day lacks decisions
    std::unique_ptr<FormChecks> checks;
  };

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
    companion_bad_ = options_.companion->open(reader_.genesis());
    if (!companion_bad_ || companion_bad_->verdict == Verdict::not_auditable) return true;
    condemn(report_, *companion_bad_);
    return false;
  }

  [[nodiscard]] std::size_t batch_size() const {
    const auto& terms = reader_.genesis().terms;
    const auto numbers = std::max<std::size_t>(1, terms.decision_rows() * terms.slots);
    return std::clamp<std::size_t>(batch_numbers / numbers, 1, largest_batch);
  }

  std::unique_ptr<Work> read_batch() {
    auto work = std::make_unique<Work>();
    while (work->batch.blocks.size() < batch_size()) {
      auto block = reader_.next();
      if (!block) break;
      work->batch.blocks.push_back(std::move(*block));
      work->days.push_back(reader_.thinned());
      if (may_change_keys(*work)) break;
    }
    return work->batch.blocks.empty() ? nullptr : std::move(work);
  }

  static bool may_change_keys(const Work& work) {
    return !work.batch.blocks.back().block.ballots.empty();
  }

  void start(Work* work) {
    if (work == nullptr) return;
    work->checks = std::make_unique<FormChecks>(reader_.genesis(), reader_.run_id(),
                                                state().membership, work->batch, report_.threads);
  }

  void replay() {
    replay_ = std::make_unique<ledger::Replay>(reader_.genesis());
    balances_ = state().balances;
    evidence_ =
        std::make_unique<EvidenceChecks>(reader_.genesis(), reader_.run_id(), reader_.evidence());
    incidents_ = std::make_unique<ChainIncidents>(reader_.genesis());
    auto current = read_batch();
    start(current.get());
    while (current && !report_.fault) {
      auto next = read_batch();
      current->checks->finish();
      const bool wait = may_change_keys(*current);
      if (!wait) start(next.get());
      execute(*current);
      if (wait && !report_.fault) start(next.get());
      current = std::move(next);
    }
    report_incidents();
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

  void execute(Work& work) {
    const auto& faults = work.checks->finish();
    report_.signatures += work.checks->signatures();
    for (std::size_t i = 0; i < faults.size() && !report_.fault; ++i) {
      const auto& committed = work.batch.blocks[i];
      if (faults[i]) {
        condemn(report_, finding_of(*faults[i]));
      } else {
        execute(committed, work.days[i]);
      }
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

  void execute(const ledger::CommittedBlock& committed, const Thinned& thinned) {
    evidence_->pass(replay_->tip(), state(), replay_->knows_iterate());
    const auto before = has_companion() ? state() : ledger::ContractState{};
    const auto members = state().membership;
    const auto whole = made_again(committed.block);
    if (report_.fault) return;
    const auto& block = whole ? *whole : committed.block;
    const auto* followed = can_fill() ? nullptr : thinned.get();
    if (followed != nullptr && has_companion()) options_.companion->skip();
    if (const auto bad = replay_->check(block, followed)) {
      return condemn(report_, finding_of(*bad));
    }
    incidents_->note(members, committed, state());
    if (has_companion() && replay_->executed()) {
      if (auto bad = options_.companion->check(before, block, state())) {
        return condemn(report_, std::move(*bad));
      }
    }
    if (state().settled) close_day(block);
    if (report_.fault) return;
    ++report_.blocks;
    report_.transactions += committed.block.transactions.size();
    report_.head = committed.certificate.block_hash;
    head_found_ = head_found_ || report_.head == options_.head;
  }

  void close_day(const ledger::Block& block) {
    report_.days.push_back(summarise_day(state()));
    report_.days.back().left_out = std::exchange(left_out_, 0);
    report_.days.back().regenerated = report_.days.back().left_out > 0 && can_fill();
    auto bad = check_settled_day(reader_.genesis(), state());
    if (!bad) bad = check_accounts(reader_.genesis(), block.payments, balances_, state());
    balances_ = state().balances;
    if (bad) return condemn(report_, std::move(*bad));
    check_result();
  }

  void check_result() {
    const auto day = state().turn.day;
    const auto faults = reader_.faults().size();
    const auto found = reader_.result(day);
    if (reader_.faults().size() > faults) {
      return condemn(report_, finding_of(reader_.faults().back()));
    }
    if (!found) return;
    auto bad = compare_results(reader_.genesis(), archive::day_result(reader_.genesis(), state()),
                               *found, archive::segment_name(day), state().turn.height);
    if (bad) condemn(report_, std::move(*bad));
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
    if (state().turn.height > 0 && !state().settled) {
      report_.days.push_back(summarise_day(state()));
      check_result();
    }
    if (report_.fault || !options_.companion) return;
    if (companion_bad_) return condemn(report_, *companion_bad_);
    if (auto bad = options_.companion->close(state())) condemn(report_, std::move(*bad));
  }

  const Options& options_;
  archive::ArchiveReader reader_;
  std::unique_ptr<ledger::Replay> replay_;
  std::uint32_t left_out_ = 0;          ///< iterations of the day so far that lack decisions
  std::vector<std::int64_t> balances_;  ///< after the last settled day
  std::unique_ptr<EvidenceChecks> evidence_;
  std::unique_ptr<ChainIncidents> incidents_;
  std::optional<Finding> companion_bad_;
  bool head_found_ = false;
  Report report_;
};

}  // namespace

Report audit_archive(const std::filesystem::path& folder, const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  auto report = Audit(folder, options).run();
  const auto end = std::chrono::steady_clock::now();
  report.seconds = std::chrono::duration<double>(end - start).count();
  return report;
}

}  // namespace gridtally::audit
