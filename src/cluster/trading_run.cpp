// The paper's Algorithm 1. Each pass of the loop is one iteration k and one block:
//   Func C   every meter reads λ, p' from the committed state
//   primal   every meter solves its prosumers' problems
//   Func B   every meter signs its decisions and sends them to the proposer
//   Func A   the validator in turn executes the dual update in a block; the others re-execute and
//            vote; with a quorum of precommits the block is final
#include "cluster/trading_run.hpp"

#include <algorithm>
#include <deque>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "archive/archive_writer.hpp"
#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "cluster/private_output.hpp"
#include "ledger/chain.hpp"
#include "ledger/validator.hpp"
#include "meter/meter_group.hpp"

namespace gridtally::cluster {

namespace {

constexpr int archivist = 0;  // the rank of validator 0: it writes the public archive

class Participant {
 public:
  Participant(const ledger::Genesis& genesis, const Layout& layout, const Network& network,
              Secrets secrets, const RunOutput& output)
      : genesis_(genesis),
        layout_(layout),
        network_(network),
        meter_keys_(std::move(secrets.meter_keys)),
        validator_keys_(std::move(secrets.validator_keys)),
        meters_(genesis, with_run_id(genesis, std::move(secrets.private_files)), output.lanes),
        output_(output),
        run_id_(ledger::run_id(genesis)),
        state_(ledger::initial_state(genesis)),
        head_(run_id_) {
    const auto first = layout.validators_of(network.rank()).first;
    for (std::size_t i = 0; i < validator_keys_.size(); ++i) {
      validators_.emplace_back(genesis, first + static_cast<std::uint32_t>(i), validator_keys_[i],
                               verifier_);
    }
    open_outputs();
  }

  RunSummary run() {
    {
      const Stopwatch watch(seconds_.total);
      while (ledger::outcome(genesis_, state_) == ledger::Outcome::running) {
        const auto transactions = send_decisions(signed_transactions());
        const auto committed = commit_block(transactions);
        take(committed);
        record(committed);
      }
      finish();
    }
    return {ledger::outcome(genesis_, state_), state_, head_, benefits_, everyones_seconds()};
  }

 private:
  static std::vector<archive::PrivateFile> with_run_id(const ledger::Genesis& genesis,
                                                       std::vector<archive::PrivateFile> files) {
    for (auto& file : files) file.run_id = ledger::run_id(genesis);
    return files;
  }

  [[nodiscard]] std::uint32_t proposer() const {
    return ledger::proposer_of(state_.turn.height + 1, 0, layout_.validators());
  }
  [[nodiscard]] int proposer_rank() const { return layout_.rank_of_validator(proposer()); }

  // Func C, the primal problems, Func B.
  Letters signed_transactions() {
    Letters letters;
    auto transactions = meters_.prepare(state_);
    for (std::size_t i = 0; i < transactions.size(); ++i) {
      letters.push_back(
          encode(ledger::sign_transaction(std::move(transactions[i]), meter_keys_[i])));
    }
    return letters;
  }

  std::vector<ledger::SignedTransaction> send_decisions(const Letters& letters) {
    std::vector<ledger::SignedTransaction> all;
    for (const auto& letter : gathered(letters)) {
      all.push_back(ledger::decode_transaction(letter));
    }
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.content().meter < b.content().meter; });
    return all;
  }

  Letters gathered(const Letters& letters) {
    const Stopwatch watch(seconds_.waiting);
    return network_.gather(letters, proposer_rank());
  }
  Letters shared(const Letters& letters) {
    const Stopwatch watch(seconds_.waiting);
    return network_.share_among_validators(letters);
  }

  // Func A: propose, re-execute, vote; the committed block reaches every rank.
  ledger::CommittedBlock commit_block(const std::vector<ledger::SignedTransaction>& transactions) {
    if (network_.is_validator_rank()) agree_on_block(transactions);
    ledger::Bytes bytes;
    if (network_.rank() == proposer_rank()) bytes = encode(*hosted(proposer()).committed());
    {
      const Stopwatch watch(seconds_.waiting);
      bytes = network_.broadcast(std::move(bytes), proposer_rank());
    }
    return ledger::decode_committed_block(bytes);
  }

  ledger::Validator& hosted(std::uint32_t validator) {
    return validators_[validator - validators_.front().index()];
  }

  void agree_on_block(const std::vector<ledger::SignedTransaction>& transactions) {
    Letters outgoing;
    if (network_.rank() == proposer_rank()) {
      const auto messages = hosted(proposer()).propose(transactions);
      deliver_at_home(messages, outgoing, proposer());
    }
    const std::uint64_t height = state_.turn.height + 1;
    // Two voting phases: proposal and votes travel together, so three exchanges always suffice.
    for (int exchange = 0; exchange < 4 && layout_.validator_ranks() > 1; ++exchange) {
      const Letters incoming = shared(std::exchange(outgoing, {}));
      if (incoming.empty()) break;
      for (const auto& letter : incoming) deliver(ledger::decode_message(letter), outgoing);
    }
    for (const auto& validator : validators_) {
      if (validator.height() == height) continue;
      const auto& refusal = validator.last_refusal();
      throw Error("validator " + std::to_string(validator.index()) + " did not commit block " +
                  std::to_string(height) +
                  (refusal ? ": " + ledger::describe(*refusal) : ": no quorum of precommits"));
    }
  }

  // A letter from another rank goes to every validator hosted here; own letters come back and are
  // known already.
  void deliver(const ledger::Message& message, Letters& outgoing) {
    for (auto& validator : validators_) {
      deliver_at_home(validator.receive(message), outgoing, validator.index());
    }
  }

  // Messages of `sender` reach the validators on the same rank at once, and leave for the others.
  void deliver_at_home(const std::vector<ledger::Message>& messages, Letters& outgoing,
                       std::uint32_t sender) {
    std::deque<std::pair<std::uint32_t, ledger::Message>> queue;
    for (const auto& message : messages) queue.emplace_back(sender, message);
    while (!queue.empty()) {
      const auto [from, message] = queue.front();
      queue.pop_front();
      if (layout_.validator_ranks() > 1) outgoing.push_back(encode(message));
      for (auto& validator : validators_) {
        if (validator.index() == from) continue;
        for (const auto& answer : validator.receive(message)) {
          queue.emplace_back(validator.index(), answer);
        }
      }
    }
  }

  // The state after a committed block: a validator rank has it, a meter checks the certificate and
  // executes the block itself.
  void take(const ledger::CommittedBlock& committed) {
    const auto hash = ledger::block_hash(committed.block.header);
    if (!validators_.empty()) {
      state_ = validators_.front().state();
    } else {
      auto fault = ledger::check_certificate(genesis_, run_id_, committed, verifier_);
      if (!fault) fault = ledger::check_execution(genesis_, committed.block, state_);
      if (fault) throw Error("a meter was sent a wrong block: " + ledger::describe(*fault));
    }
    head_ = hash;
  }

  void open_outputs() {
    if (network_.rank() == archivist) {
      using Existing = archive::ArchiveWriter::Existing;
      archive_ =
          archive::ArchiveWriter::create(output_.archive, genesis_, validator_keys_.front(),
                                         output_.replace ? Existing::replace : Existing::refuse);
      prepare_private_output(output_.private_files);  // the archive's lock is held by now
      progress_.emplace(std::cout, writes_to_terminal(), output_.talk, genesis_.days,
                        genesis_.terms.epsilon);
    }
    network_.broadcast({}, archivist);  // the folders stand before any meter writes
    if (!meters_.files().empty() && network_.rank() != archivist) {
      archive::make_private_folder(output_.private_files);
    }
    write_private_files();
  }

  void write_private_files() {
    for (const auto& file : meters_.files()) {
      archive::write_private_file(output_.private_files, file);
    }
  }

  void record(const ledger::CommittedBlock& committed) {
    const Stopwatch watch(seconds_.archive);
    const bool settled = meters_.observe(state_);
    if (settled) write_private_files();
    if (state_.settled) add_benefits();
    const bool day_ends = settled || ledger::outcome(genesis_, state_) != ledger::Outcome::running;
    if (!archive_) return;
    archive_->append(committed);
    if (day_ends) archive_->seal_day(state_);
    progress_->show(state_);
  }

  void add_benefits() {
    const auto day = ledger::benefits(genesis_, state_);
    benefits_.resize(day.size());
    for (std::size_t u = 0; u < day.size(); ++u) benefits_[u] += day[u];
  }

  void finish() {
    const Stopwatch watch(seconds_.archive);
    if (archive_) archive_->close();
    if (progress_) progress_->end_line();
  }

  // Collective over all ranks.
  std::vector<RunSeconds> everyones_seconds() {
    ledger::ByteWriter out;
    out.f64(meters_.qp_seconds()).f64(seconds_.archive).f64(seconds_.waiting).f64(seconds_.total);
    std::vector<RunSeconds> all;
    for (const auto& letter : network_.share({out.take()})) {
      ledger::ByteReader in(letter, "seconds of a rank");
      const double qp = in.f64();
      const double archive = in.f64();
      const double waiting = in.f64();
      all.push_back({qp, archive, waiting, in.f64()});
    }
    return all;
  }

  const ledger::Genesis& genesis_;
  const Layout& layout_;
  const Network& network_;
  std::vector<ledger::SecretKey> meter_keys_;
  std::vector<ledger::SecretKey> validator_keys_;
  ledger::Verifier verifier_;
  std::vector<ledger::Validator> validators_;
  meter::MeterGroup meters_;
  const RunOutput& output_;
  ledger::Digest run_id_;
  ledger::ContractState state_;
  ledger::Digest head_;
  RunSeconds seconds_;
  std::vector<ledger::Benefit> benefits_;
  std::optional<archive::ArchiveWriter> archive_;
  std::optional<Progress> progress_;
};

}  // namespace

RunSummary run_market(const ledger::Genesis& genesis, const Layout& layout, const Network& network,
                      Secrets secrets, const RunOutput& output) {
  Participant participant(genesis, layout, network, std::move(secrets), output);
  return participant.run();
}

}  // namespace gridtally::cluster
