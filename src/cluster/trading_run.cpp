// The paper's Algorithm 1 over ranks that are never in step. Each block is one iteration k:
//   Func C   every meter reads λ, p' from the committed state
//   primal   every meter solves its prosumers' problems
//   Func B   every meter signs its decisions and sends them to the validators
//   Func A   the validator in turn executes the dual update in a block; the others re-execute and
//            vote; with a quorum of precommits the block is final
#include "cluster/trading_run.hpp"

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/stopwatch.hpp"
#include "cluster/acknowledgements.hpp"
#include "cluster/block_store.hpp"
#include "cluster/letter.hpp"
#include "cluster/meter_host.hpp"
#include "cluster/news_patience.hpp"
#include "cluster/progress.hpp"
#include "cluster/run_files.hpp"
#include "cluster/run_folder.hpp"
#include "cluster/stop_request.hpp"
#include "cluster/take_up_chain.hpp"
#include "cluster/traffic_model.hpp"
#include "ledger/ballot_folder.hpp"

namespace gridtally::cluster {

namespace {

using namespace std::chrono_literals;

constexpr auto notice_every = 30s;  // who is waited for
constexpr std::uint64_t blocks_an_answer = 16;

class Participant {
 public:
  Participant(const ledger::Genesis& genesis, const Layout& layout, const Network& network,
              Secrets secrets, const RunOutput& output, const Conduct& conduct)
      : genesis_(genesis),
        layout_(layout),
        network_(network),
        hosts_(network.hosts()),
        secrets_(std::move(secrets)),
        output_(output),
        conduct_(conduct),
        executor_(genesis, verifier_),
        position_(consensus::first_position(genesis)),
        meters_(genesis, secrets_.meter_keys, std::move(secrets_.private_files), output.lanes,
                conduct.faults),
        files_(genesis, network, secrets_, output, meters_.meters()),
        expected_(genesis, layout, network.rank()),
        patience_(network.rank() % layout.validator_ranks(), layout.validator_ranks(),
                  Clock::now()),
        wall_time_(conduct.end) {
    if (output.resume) {
      position_ = take_up_chain(genesis, network, output, *position_, files_, meters_);
    }
    acknowledged_.emplace(rank(), layout.ranks(), position_->tip.height());
    kept_ = position_->tip.height();
    last_news_ = Clock::now();
    patience_.restart(last_news_);
    wall_time_.note_block(last_news_);
    auto records =
        begin_vote_records(conduct.record_folder, network, layout.validators_of(network.rank()));
    if (!secrets_.validator_keys.empty()) {
      validators_.emplace(executor_, position_, layout, post_, secrets_.validator_keys,
                          std::move(records), conduct.patience, conduct.faults);
      for (const auto& ballot : conduct.ballots) validators_->add_ballot(ballot);
    }
    if (rank() == archivist) {
      if (!output.resume) std::filesystem::remove_all(conduct.ballot_folder);  // an earlier run's
      ballot_folder_.emplace(conduct.ballot_folder);
    }
  }

  RunSummary run() {
    memory_before_ = peak_memory();
    {
      const Stopwatch watch(seconds_.total);
      if (validators_) validators_->start();
      begin_turn();
      while (!over()) {
        const bool read = read_letters();
        if (act() || read) {
          post_.stir();
        } else {
          const Stopwatch waiting(seconds_.waiting);
          post_.rest(next_alarm());
        }
      }
      report_evidence();
      const Stopwatch closing(seconds_.archive);
      const bool ended = ledger::outcome(genesis_, state()) != ledger::Outcome::running;
      files_.close(!stopped_.empty(), ended && !called_off());
    }
    RunSummary summary{ledger::outcome(genesis_, state()),
                       state(),
                       position_->tip.head,
                       files_.benefits(),
                       everyones_report(),
                       halted_,
                       stopped_,
                       files_.evidence(),
                       files_.unfunded()};
    post_.close();
    return summary;
  }

 private:
  [[nodiscard]] const ledger::ContractState& state() const { return position_->state; }
  [[nodiscard]] int rank() const { return post_.rank(); }
  [[nodiscard]] bool running() const {
    return !called_off() && ledger::outcome(genesis_, state()) == ledger::Outcome::running;
  }
  [[nodiscard]] bool called_off() const { return !halted_.empty() || !stopped_.empty(); }
  // A rank that has all blocks stays until the last rank has.
  bool over() { return !running() && post_.everyone_is_here(); }

  // --- what arrives

  bool read_letters() {
    bool any = false;
    while (const auto letter = post_.receive()) {
      any = true;
      try {
        read(open(letter->bytes), letter->from);
      } catch (const FormatError&) {
        continue;  // nobody's word: whoever sent it has said nothing
      }
      take_commits();
    }
    return any;
  }

  void read(const OpenLetter& letter, int from) {
    switch (letter.subject) {
      case Subject::consensus:
        return read(ledger::decode_message(letter.body), from);
      case Subject::transaction:
        if (validators_) validators_->add_transaction(letter.body);
        return;
      case Subject::ballot:
        if (validators_) validators_->add_ballot(ledger::decode_ballot(letter.body));
        return;
      case Subject::evidence:
        return keep_checked(ledger::decode_evidence(letter.body));
      case Subject::acknowledgement:
        return note_acknowledged(from, ledger::ByteReader(letter.body, "acknowledgement").u64());
      case Subject::halt: {
        const std::string reason(letter.body.begin(), letter.body.end());
        if (rank() == archivist) return halt(reason);
        if (from == archivist) halted_ = reason;
        return;
      }
      case Subject::stop: {
        const std::string reason(letter.body.begin(), letter.body.end());
        if (rank() == archivist) return ask_to_stop(reason, Clock::now());
        if (from == archivist) stopped_ = reason;
      }
    }
  }

  void read(const ledger::Message& message, int from) {
    if (const auto* request = std::get_if<ledger::Request>(&message)) {
      return answer(request->height, from);
    }
    if (validators_) return validators_->receive(message, from);
    const auto* committed = std::get_if<ledger::Committed>(&message);
    if (committed != nullptr) follow(**committed, from);
  }

  // A meter believes a block that a quorum has signed and that it has executed itself.
  void follow(const ledger::CommittedBlock& committed, int from) {
    const std::uint64_t height = committed.block.header.turn.height;
    if (height <= position_->tip.height()) return patience_.note_doubled();
    if (height != position_->tip.height() + 1) return;
    auto fault =
        ledger::check_certificate(state().run_id, state().membership, committed, verifier_);
    auto next = std::make_shared<consensus::Position>(*position_);
    if (!fault) fault = ledger::check_execution(genesis_, committed.block, next->tip, next->state);
    if (fault) return ask(patience_.ask_another());
    patience_.note_block(from, Clock::now());
    advance(std::make_shared<const ledger::CommittedBlock>(committed), std::move(next));
  }

  void answer(std::uint64_t height, int from) {
    for (std::uint64_t i = 0; i < blocks_an_answer; ++i) {
      const auto block = store_.find(height + i);
      if (!block) return;
      post_.send(from, block);
    }
  }

  void note_acknowledged(int from, std::uint64_t height) {
    acknowledged_->note(from, height);
    forget_blocks();
  }

  void forget_blocks() {
    const auto height = acknowledged_->not_asked_for(position_->tip.height());
    store_.forget(height);
    if (rank() == archivist) files_.note_kept(std::min(kept_, height));
    if (validators_) validators_->hold(!durable() || store_.is_full(genesis_.validators.size()));
  }

  // No transaction leaves its meter, and no proposer begins a block, before the block before it is
  // in the archive: what is signed stands on nothing that a crash could take away.
  [[nodiscard]] bool durable() const { return acknowledged_->durable() >= position_->tip.height(); }

  // --- what this rank does by itself

  bool act() {
    bool busy = false;
    const auto now = Clock::now();
    acknowledge();
    if (rank() == archivist) acknowledge_durable();
    if (running() && durable()) busy |= send_transactions(now);
    if (validators_ && !called_off()) busy |= validators_->tick(now);
    take_commits();
    report_evidence();
    if (running()) heed_stop(now);
    if (rank() == archivist && running()) watch_over(now);
    if (!validators_ && running()) ask_for_news(now);
    return busy;
  }

  [[nodiscard]] Clock::time_point next_alarm() const {
    auto next = std::min(meters_.next_alarm(), Clock::now() + 100ms);
    if (validators_) next = std::min(next, validators_->next_alarm());
    return next;
  }

  bool send_transactions(Clock::time_point now) {
    const auto ready = meters_.take_ready(now);
    for (const auto& transaction : ready) {
      const auto contents = letter(Subject::transaction, transaction);
      for (int to = 0; to < layout_.validator_ranks(); ++to) {
        if (to != rank()) post_.send(to, contents);
      }
      if (validators_) validators_->add_transaction(transaction);
    }
    return !ready.empty();
  }

  void take_commits() {
    if (!validators_) return;
    for (auto& [committed, after] : validators_->take_commits()) {
      const auto contents = letter(ledger::Message(committed));
      store_.add(committed->block.header.turn.height, contents);
      send_to_meters(contents);
      advance(committed, after);
    }
  }

  // Each rank of meters gets its blocks from one rank of validators.
  void send_to_meters(const Post::Contents& committed) {
    const int sources = layout_.validator_ranks();
    for (int to = sources; to < layout_.ranks(); ++to) {
      if (to % sources == rank()) post_.send(to, committed);
    }
  }

  void ask_for_news(Clock::time_point now) {
    if (const auto source = patience_.ask(now)) ask(*source);
  }

  void ask(int source) {
    post_.send(source, letter(ledger::Message(ledger::Request{position_->tip.height() + 1})));
  }

  void advance(const ledger::Committed& committed, consensus::SharedPosition after) {
    position_ = std::move(after);
    last_news_ = Clock::now();
    expected_.add(*committed);
    ++blocks_;
    {
      const Stopwatch watch(seconds_.archive);
      const bool ends = ledger::outcome(genesis_, state()) != ledger::Outcome::running;
      archive::PrivateDay settled;
      if (!meters_.empty() && meters_.observe(state())) settled = meters_.take_day();
      files_.record(committed, state(), std::move(settled), ends);
    }
    acknowledge();
    forget_blocks();
    wall_time_.note_block(Clock::now());
    if (const auto meter = meters_.disowns(committed->block)) disown(*meter);
    if (running()) heed_stop(Clock::now());
    if (running()) begin_turn();
  }

  // A meter signs over all blocks up to now.
  void disown(std::uint32_t meter) {
    halt("the block of height " + std::to_string(state().turn.height) +
         " holds, in the name of meter " + std::to_string(meter) +
         ", what the meter did not sign: another has its key, or a quorum of the validators let a "
         "bad signature pass. It signs nothing that follows from it: keep the archive as evidence, "
         "and begin anew with a new key, or with validators that can be trusted");
  }

  void begin_turn() {
    if (running() && !meters_.empty()) meters_.begin(state());
  }

  // A rank has a block when it keeps what its meters must of it; the archivist's own word on that
  // is not the one about the archive (below).
  void acknowledge() {
    const auto height = position_->tip.height();
    if (kept_ == height || !files_.keeps_up()) return;
    kept_ = height;
    if (rank() != archivist) return post_.send(archivist, acknowledgement(height));
    forget_blocks();
  }

  // The archivist's word is about the disk, and for every rank.
  void acknowledge_durable() {
    const auto height = files_.durable_height();
    if (height == acknowledged_->durable()) return;
    acknowledged_->note(archivist, height);
    const auto contents = acknowledgement(height);
    for (int to = 1; to < layout_.ranks(); ++to) post_.send(to, contents);
    forget_blocks();
  }

  // --- misconduct, and runs that cannot go on

  void report_evidence() {
    if (!validators_) return;
    for (const auto& evidence : validators_->take_evidence()) {
      if (rank() == archivist) {
        keep(evidence);
      } else {
        post_.send(archivist, letter(Subject::evidence, encode(evidence)));
      }
    }
  }

  void keep_checked(const ledger::Evidence& evidence) {
    const auto& state = position_->state;
    if (ledger::check_evidence(genesis_, state.run_id, state.membership, evidence, verifier_))
      return;
    files_.keep(evidence);
  }

  // What this rank has seen itself may end the run, also when another has told of it before.
  void keep(const ledger::Evidence& evidence) {
    files_.keep(evidence);
    const bool refused = evidence.kind == ledger::EvidenceKind::refused_transaction;
    if (refused && genesis_.staleness == 0 && evidence.height > state().turn.height) {
      halt(ledger::describe(evidence) + ". No block can be made without this meter's word; " +
           "--deadline and --staleness let a run go on with a meter's last decision");
    }
  }

  // Any rank may be asked to stop; the archivist ends all.
  void heed_stop(Clock::time_point now) {
    auto reason = stop_signal();
    if (reason.empty() && rank() == archivist && wall_time_.is_up(now, files_.longest_writing()))
      reason = "--wall-time";
    if (!reason.empty()) ask_to_stop(reason, now);
    if (rank() != archivist || !asked_.due(now, position_->tip.height())) return;
    stopped_ = asked_.reason();
    tell_everyone(letter_in_words(Subject::stop, stopped_));
  }

  void ask_to_stop(const std::string& reason, Clock::time_point now) {
    if (!asked_.ask(reason, now, position_->tip.height())) return;
    if (rank() != archivist) post_.send(archivist, letter_in_words(Subject::stop, reason));
  }

  void watch_over(Clock::time_point now) {
    take_ballots(now);
    const auto since = validators_->ready_since();
    if (since && now > *since + conduct_.give_up) return halt(validators_->quorum_trouble());
    if (since || now < last_news_ + notice_every || now < last_notice_ + notice_every) return;
    last_notice_ = now;
    if (output_.talk != Talk::quiet) say_who_is_waited_for(now);
  }

  void say_who_is_waited_for(Clock::time_point now) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - last_news_);
    std::cerr << "gridtally-solve: for " << seconds.count() << " s no block: waiting for meters "
              << meters_in_words(validators_->waits_for(), layout_, hosts_) << "\n";
  }

  void take_ballots(Clock::time_point now) {
    if (!ballot_folder_) return;
    for (const auto& ballot : ballot_folder_->take_new(now)) {
      validators_->add_ballot(ballot);
      for (int to = 1; to < layout_.validator_ranks(); ++to) {
        post_.send(to, letter(Subject::ballot, encode(ballot)));
      }
    }
  }

  // The archivist tells the others.
  void halt(const std::string& reason) {
    if (!halted_.empty()) return;
    halted_ = reason;
    const auto contents = letter_in_words(Subject::halt, reason);
    if (rank() != archivist) return post_.send(archivist, contents);
    tell_everyone(contents);
  }

  void tell_everyone(const Post::Contents& contents) {
    for (int to = 0; to < layout_.ranks(); ++to) {
      if (to != rank()) post_.send(to, contents);
    }
  }

  // Collective over all ranks. The last letters of a run, as to close the post, are not in it.
  std::vector<RankReport> everyones_report() {
    seconds_.qp = meters_.meters().qp_seconds();
    seconds_.background = files_.background_seconds();
    return share_reports(
        {{}, seconds_, blocks_, memory_before_, 0, post_.traffic(), expected_.traffic()}, network_);
  }

  const ledger::Genesis& genesis_;
  const Layout& layout_;
  const Network& network_;
  std::vector<std::string> hosts_;  // by rank
  Secrets secrets_;
  const RunOutput& output_;
  const Conduct& conduct_;
  Post post_;
  ledger::Verifier verifier_;
  consensus::Executor executor_;
  consensus::SharedPosition position_;
  MeterHost meters_;
  RunFiles files_;
  std::optional<ValidatorHost> validators_;
  BlockStore store_;
  std::optional<Acknowledgements> acknowledged_;
  std::uint64_t kept_ = 0;  // the last block that this rank has acknowledged
  Clock::time_point last_news_;
  Clock::time_point last_notice_{};
  std::string halted_;
  std::string stopped_;
  StopRequest asked_;
  TrafficModel expected_;
  std::uint64_t blocks_ = 0;  // of this life of the run
  std::uint64_t memory_before_ = 0;
  NewsPatience patience_;  // a meter rank's
  WallTime wall_time_;
  RunSeconds seconds_;
  std::optional<ledger::BallotFolder> ballot_folder_;
};

}  // namespace

RunSummary run_market(const ledger::Genesis& genesis, const Layout& layout, const Network& network,
                      Secrets secrets, const RunOutput& output, const Conduct& conduct) {
  Participant participant(genesis, layout, network, std::move(secrets), output, conduct);
  return participant.run();
}

}  // namespace gridtally::cluster
