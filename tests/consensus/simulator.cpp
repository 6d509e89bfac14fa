#include "consensus/simulator.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <tuple>
#include <vector>

#include "consensus/adversary.hpp"

namespace gridtally::consensus {

using ledger::Message;
using ledger::Step;

namespace {

constexpr std::uint64_t patience = 200000;  // virtual ms from healing to the target
constexpr Timeouts timeouts{100, 50, 80};

/// An honest validator and what its host keeps for it.
struct Node {
  std::uint32_t number = 0;
  std::unique_ptr<Executor> own_executor;
  Executor* executor = nullptr;
  std::unique_ptr<Validator> validator;  ///< null: down
  ledger::Bytes record;                  ///< durable
  SharedPosition position;               ///< durable
  std::uint32_t life = 0;
  std::uint64_t ready = 0;  ///< height for which the transactions are there
  std::pair<std::uint64_t, std::uint32_t> place{};
};

/// What an honest validator's signatures may say once only.
using Word = std::tuple<std::uint32_t, std::uint64_t, std::uint32_t, int>;

class Simulation {
 public:
  explicit Simulation(std::uint32_t seed);
  Report run();
  Report run_halted();

 private:
  struct Task {
    std::uint64_t when = 0;
    std::uint64_t order = 0;
    std::function<void()> work;
    bool operator<(const Task& other) const {
      return std::tie(when, order) > std::tie(other.when, other.order);
    }
  };

  // Chance and time.
  std::uint32_t below(std::size_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  bool chance(double p) { return static_cast<double>(random_() % 10000) < p * 10000; }
  void note(Incident incident) { ++report_.tally[static_cast<std::size_t>(incident)]; }
  void violate(const std::string& what);
  void after(std::uint64_t delay, std::function<void()> work);
  void run_until(std::uint64_t when, const std::function<bool()>& done);
  [[nodiscard]] bool chaos() const { return now_ < heal_; }

  // Set-up.
  void choose_members();
  void choose_ballots();
  void start_all();
  void start(Node& node);

  // Hosts.
  void call(Node& node, const std::function<Output(Validator&)>& work);
  void handle(Node& node, Output output);
  bool crash_at(Incident point, const Output& output);
  void crash(Node& node, Incident point);
  void look_around(Node& node);
  void try_to_propose(Node& node);
  void answer_from_archive(Node& node, std::uint32_t to, const Message& message);

  // Network.
  void send(std::uint32_t from, std::uint32_t to, const Message& message);
  void transmit(std::uint32_t from, std::uint32_t to, const Message& message);
  void deliver(std::uint32_t from, std::uint32_t to, std::uint64_t number, const Message& message);
  void change_partition();

  // Promises.
  void watch_wire(const Node& node, const Message& message);
  void watch_commit(const ledger::Committed& committed);
  void watch_evidence(const ledger::Evidence& evidence);
  [[nodiscard]] bool all_at_target() const;
  [[nodiscard]] std::string where() const;

  std::mt19937 random_;
  Report report_;
  std::unique_ptr<ledger::TinyMarket> market_;
  std::uint32_t members_ = 0;
  std::vector<std::uint32_t> faulty_;
  std::vector<ledger::Ballot> ballots_;
  ledger::Verifier verifier_;
  std::unique_ptr<Executor> shared_executor_;
  std::map<std::uint32_t, Node> nodes_;
  std::unique_ptr<Adversary> adversary_;

  std::uint64_t now_ = 0;
  std::uint64_t heal_ = 0;
  std::uint64_t target_ = 2;
  std::uint64_t tasks_ = 0;
  std::priority_queue<Task> queue_;
  double drop_ = 0.0;
  double precommit_drop_ = 0.0;  ///< so that one commits and the others do not
  double slow_ = 0.0;
  double crash_ = 0.0;
  std::vector<std::uint32_t> side_;  ///< of the partition, by validator
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> latest_;
  std::uint64_t letters_ = 0;
  std::map<Word, ledger::Digest> words_;
  std::vector<SharedPosition> chain_;  ///< the auditor's, by height
  std::vector<ledger::Committed> archive_{nullptr};
  std::set<std::pair<std::uint64_t, std::uint32_t>> places_;
};

Simulation::Simulation(std::uint32_t seed) : random_(seed) { choose_members(); }

void Simulation::choose_members() {
  constexpr std::array<std::uint32_t, 20> sizes{1, 2, 3, 4, 4, 4, 4, 4, 4,  4,
                                                4, 4, 4, 5, 5, 7, 7, 7, 10, 4};
  members_ = sizes[below(sizes.size())];
  const std::uint32_t f = (members_ - 1) / 3;
  // One key more than members: a candidate.
  market_ = std::make_unique<ledger::TinyMarket>(members_ + 1);
  market_->genesis.validators.pop_back();
  std::vector<std::uint32_t> all(members_);
  for (std::uint32_t v = 0; v < members_; ++v) all[v] = v;
  std::shuffle(all.begin(), all.end(), random_);
  const std::uint32_t count = chance(0.8) ? f : below(f + 1);
  faulty_.assign(all.begin(), all.begin() + count);
  side_.assign(members_ + 1, 0);
  target_ = 2 + below(2);
  heal_ = 300 + below(1200);
  drop_ = 0.05 * below(9);
  precommit_drop_ = chance(0.4) ? 0.6 : 0.0;
  slow_ = 0.05 * below(5);
  crash_ = chance(0.5) ? 0.01 * below(4) : 0.0;
  chain_.push_back(first_position(market_->genesis));
  choose_ballots();
}

void Simulation::choose_ballots() {
  if (chance(0.7)) return;
  const bool add = chance(0.5);
  const std::uint32_t removed = below(members_);
  const bool lying = std::find(faulty_.begin(), faulty_.end(), removed) != faulty_.end();
  const std::size_t left = faulty_.size() - (lying ? 1 : 0);
  if (!add && (members_ < 2 || left > (members_ - 2) / 3)) return;
  const std::uint32_t about = add ? members_ : removed;
  for (std::uint32_t v = 0; v < members_; ++v) {
    ballots_.push_back(market_->ballot(v, market_->validator_keys[about].public_key(), add));
  }
  note(add ? Incident::member_added : Incident::member_removed);
}

void Simulation::violate(const std::string& what) {
  if (report_.violation.empty()) report_.violation = what + where();
}

std::string Simulation::where() const {
  std::string out = " (" + std::to_string(members_) + " members, faulty:";
  for (const std::uint32_t v : faulty_) out += " " + std::to_string(v);
  out += ", heights and rounds:";
  for (const auto& [number, node] : nodes_) {
    out += " " + std::to_string(node.place.first) + "/" + std::to_string(node.place.second);
  }
  return out + ", at " + std::to_string(now_) + " ms)";
}

void Simulation::after(std::uint64_t delay, std::function<void()> work) {
  queue_.push({now_ + delay, tasks_++, std::move(work)});
}

void Simulation::run_until(std::uint64_t when, const std::function<bool()>& done) {
  while (!queue_.empty() && report_.violation.empty() && !done()) {
    Task task = queue_.top();
    if (task.when > when) return;
    queue_.pop();
    now_ = task.when;
    task.work();
  }
}

void Simulation::start_all() {
  const bool one_process = chance(0.5);
  if (one_process) shared_executor_ = std::make_unique<Executor>(market_->genesis, verifier_);
  std::vector<std::uint32_t> honest;
  for (std::uint32_t v = 0; v <= members_; ++v) {
    if (std::find(faulty_.begin(), faulty_.end(), v) != faulty_.end()) continue;
    honest.push_back(v);
    Node& node = nodes_[v];
    node.number = v;
    node.position = chain_.front();
  }
  adversary_ = std::make_unique<Adversary>(
      *market_, faulty_, honest, random_, report_.tally,
      [&](std::uint32_t to, const Message& message) {
        after(1 + below(30), [this, to, message] { send(faulty_.front(), to, message); });
      });
  for (auto& [number, node] : nodes_) {
    after(below(20), [this, &node = node] { start(node); });
  }
}

void Simulation::start(Node& node) {
  ++node.life;
  node.ready = 0;
  node.place = {};
  node.executor = shared_executor_.get();
  if (node.executor == nullptr) {
    node.own_executor = std::make_unique<Executor>(market_->genesis, verifier_);
    node.executor = node.own_executor.get();
  }
  node.validator = std::make_unique<Validator>(*node.executor, market_->validator_keys[node.number],
                                               timeouts, node.position, node.record);
  call(node, [](Validator& validator) { return validator.start(); });
}

void Simulation::call(Node& node, const std::function<Output(Validator&)>& work) {
  if (!node.validator) return;
  handle(node, work(*node.validator));
  if (node.validator) look_around(node);
  if (node.validator) try_to_propose(node);
}

bool Simulation::crash_at(Incident point, const Output& output) {
  if (!chaos() || !chance(output.commits.empty() ? crash_ : 5 * crash_)) return false;
  // A block must not be lost by the last one who has it.
  if (point == Incident::crash_after_sending || output.commits.empty()) return true;
  const std::uint64_t height = output.commits.back()->block.header.turn.height;
  const auto has = [&](const auto& each) { return each.second.position->tip.height() >= height; };
  if (std::none_of(nodes_.begin(), nodes_.end(), has)) return false;
  note(Incident::commit_lost);
  return true;
}

void Simulation::crash(Node& node, Incident point) {
  note(point);
  ++node.life;
  node.validator.reset();
  after(20 + below(300), [this, &node] {
    note(Incident::restart);
    start(node);
  });
}

void Simulation::handle(Node& node, Output output) {
  if (crash_at(Incident::crash_before_record, output)) {
    return crash(node, Incident::crash_before_record);
  }
  if (output.record_changed) node.record = node.validator->record();
  if (crash_at(Incident::crash_before_sending, output)) {
    return crash(node, Incident::crash_before_sending);
  }
  for (const Envelope& envelope : output.envelopes) {
    watch_wire(node, envelope.message);
    adversary_->overhear(envelope.message);
    for (std::uint32_t to = 0; to <= members_; ++to) {
      if (to != node.number && (!envelope.to || *envelope.to == to)) {
        send(node.number, to, envelope.message);
      }
    }
  }
  for (const Alarm& alarm : output.alarms) {
    after(alarm.after, [this, &node, alarm, life = node.life] {
      if (node.life != life) return;
      call(node, [&](Validator& validator) { return validator.expire(alarm); });
    });
  }
  for (const ledger::Committed& committed : output.commits) watch_commit(committed);
  if (!output.commits.empty()) node.position = node.validator->position();
  for (const ledger::Evidence& evidence : output.evidence) watch_evidence(evidence);
  if (crash_at(Incident::crash_after_sending, output)) crash(node, Incident::crash_after_sending);
}

/// Tells the host's side of a new height or round.
void Simulation::look_around(Node& node) {
  Validator& validator = *node.validator;
  const std::pair place{validator.height() + 1, validator.round()};
  if (place == node.place) return;
  const bool new_height = place.first != node.place.first;
  node.place = place;
  if (validator.ended()) return;
  if (new_height) {
    const bool late = chance(0.1);
    if (late) note(Incident::late_transactions);
    after(late ? 200 : below(10), [this, &node, height = place.first, life = node.life] {
      if (node.life != life || !node.validator || node.validator->height() + 1 != height) return;
      node.ready = height;
      call(node, [](Validator& each) { return each.ready(); });
    });
  }
  if (adversary_->idle() || !places_.insert(place).second) return;
  const SharedPosition position = validator.position();
  const std::uint32_t round = place.second;
  after(below(30), [=, this] { adversary_->offer(position, round); });
  after(10 + below(60), [=, this] { adversary_->vote(position, round, Step::prevote); });
  after(30 + below(90), [=, this] { adversary_->vote(position, round, Step::precommit); });
  if (chance(0.5)) after(below(100), [=, this] { adversary_->disturb(position, round); });
}

void Simulation::try_to_propose(Node& node) {
  Validator& validator = *node.validator;
  if (node.ready != validator.height() + 1 || !validator.may_propose()) return;
  const auto& state = validator.position()->state;
  auto transactions = transactions_of(*market_, state, chance(0.1) ? 4 : 0);
  call(node, [&](Validator& each) {
    return each.propose(std::move(transactions), due_ballots(state, ballots_));
  });
}

void Simulation::send(std::uint32_t from, std::uint32_t to, const Message& message) {
  if (chaos() && side_[from] != side_[to]) return note(Incident::message_dropped);
  const auto* vote = std::get_if<ledger::Vote>(&message);
  const bool precommit = vote != nullptr && vote->step == Step::precommit;
  if (chaos() && chance(precommit ? std::max(drop_, precommit_drop_) : drop_)) {
    return note(Incident::message_dropped);
  }
  transmit(from, to, message);
  if (!chaos() || !chance(0.05)) return;
  note(Incident::message_duplicated);
  transmit(from, to, message);
}

void Simulation::transmit(std::uint32_t from, std::uint32_t to, const Message& message) {
  std::uint64_t delay = 1 + below(10);
  if (chaos() && chance(slow_)) {
    note(Incident::message_delayed);
    delay += 50 + below(400);
  }
  after(delay,
        [this, from, to, number = ++letters_, message] { deliver(from, to, number, message); });
}

void Simulation::deliver(std::uint32_t from, std::uint32_t to, std::uint64_t number,
                         const Message& message) {
  std::uint64_t& latest = latest_[{from, to}];
  if (number < latest) note(Incident::message_reordered);
  latest = std::max(latest, number);
  const auto node = nodes_.find(to);
  if (node == nodes_.end() || !node->second.validator) return;
  const std::uint64_t before = node->second.position->tip.height();
  call(node->second, [&](Validator& validator) { return validator.receive(message, from); });
  if (std::holds_alternative<ledger::Committed>(message) &&
      node->second.position->tip.height() > before) {
    note(Incident::block_fetched);
  }
  answer_from_archive(node->second, from, message);
}

/// The host answers for blocks that the validator's process no longer holds.
void Simulation::answer_from_archive(Node& node, std::uint32_t to, const Message& message) {
  const auto* request = std::get_if<ledger::Request>(&message);
  if (request == nullptr || request->height > node.position->tip.height()) return;
  if (node.executor->committed(request->height)) return;
  send(node.number, to, archive_[request->height]);
}

void Simulation::change_partition() {
  if (!chaos()) return;
  const bool split = chance(0.5);
  if (split) note(Incident::partition);
  for (std::uint32_t& side : side_) side = split ? below(2) : 0;
  after(50 + below(250), [this] { change_partition(); });
}

void Simulation::watch_wire(const Node& node, const Message& message) {
  std::optional<Word> word;
  ledger::Digest said{};
  if (const auto* proposal = std::get_if<ledger::Proposal>(&message)) {
    const ledger::Offer& offer = proposal->offer;
    word = Word{offer.proposer, offer.height, offer.round, 2};
    said = ledger::sha256(encode(offer));
    if (offer.valid_round && offer.proposer == node.number) note(Incident::offered_again_by_honest);
  } else if (const auto* vote = std::get_if<ledger::Vote>(&message)) {
    word = Word{vote->validator, vote->height, vote->round, static_cast<int>(vote->step)};
    said = vote->block_hash;
  }
  if (!word || std::get<0>(*word) != node.number) return;  // shown, not said
  const auto [first, fresh] = words_.emplace(*word, said);
  if (!fresh && first->second != said) {
    violate("validator " + std::to_string(node.number) + " contradicts itself");
  }
}

void Simulation::watch_commit(const ledger::Committed& committed) {
  const std::uint64_t height = committed->block.header.turn.height;
  const auto& header = committed->block.header;
  if (height > chain_.size()) return violate("a block was committed before its parent");
  const auto& before = chain_[height - 1];
  if (height < chain_.size()) {
    if (chain_[height]->tip.head != block_hash(header)) violate("two blocks at one height");
    const auto& members = before->state.membership;
    if (check_certificate(before->state.run_id, members, *committed, verifier_)) {
      violate("a bad certificate");
    }
    return;
  }
  Position next = *before;
  if (auto bad = check_block(market_->genesis, *committed, next.tip, next.state, verifier_)) {
    return violate("the auditor refuses a block: " + describe(*bad));
  }
  chain_.push_back(std::make_shared<const Position>(std::move(next)));
  archive_.push_back(committed);
  const std::uint32_t round = committed->certificate.round;
  note(round == 0 ? Incident::commit_in_round_0 : Incident::commit_in_later_round);
  if (header.round < round) note(Incident::block_of_earlier_round_committed);
}

void Simulation::watch_evidence(const ledger::Evidence& evidence) {
  constexpr auto first = static_cast<std::size_t>(Incident::evidence_two_offers);
  ++report_.tally[first + static_cast<std::size_t>(evidence.kind)];
  if (std::find(faulty_.begin(), faulty_.end(), evidence.accused) == faulty_.end()) {
    violate("an honest validator is accused: " + describe(evidence));
  }
  const auto& last = *chain_.back();
  if (auto bad = check_evidence(market_->genesis, last.state.run_id, last.state.membership,
                                evidence, verifier_)) {
    violate("false evidence: " + describe(*bad));
  }
  if (evidence.kind != ledger::EvidenceKind::wrong_block) return;
  const Position& before = *chain_[evidence.height - 1];
  if (!fault_of_block(market_->genesis, before.tip, before.state, evidence, verifier_)) {
    violate("a good block is called wrong");
  }
}

bool Simulation::all_at_target() const {
  return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& each) {
    const Node& node = each.second;
    return node.validator && (node.validator->height() >= target_ || node.validator->ended());
  });
}

Report Simulation::run() {
  start_all();
  after(100, [this] { change_partition(); });
  const auto done = [&] { return all_at_target() && now_ > 0; };
  run_until(heal_ + patience, done);
  if (report_.violation.empty() && !done()) violate("no progress after the network healed");
  return report_;
}

Report Simulation::run_halted() {
  const std::uint32_t most = (members_ - 1) / 3;
  std::vector<std::uint32_t> silent(members_);
  for (std::uint32_t v = 0; v < members_; ++v) silent[v] = v;
  std::shuffle(silent.begin(), silent.end(), random_);
  silent.resize(most + 1);
  std::sort(silent.begin(), silent.end());
  faulty_.clear();
  heal_ = 0;
  start_all();
  for (const std::uint32_t v : silent) nodes_.erase(v);
  queue_ = {};
  for (auto& [number, node] : nodes_) {
    after(below(20), [this, &node = node] { start(node); });
  }
  run_until(20000, [] { return false; });
  for (const auto& [number, node] : nodes_) {
    if (node.validator->height() > 0) violate("a commit without a quorum");
    if (node.validator->unheard() != silent) violate("the silent ones are not named");
  }
  return report_;
}

}  // namespace

std::string_view name(Incident incident) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Incident::count)> names{
      "message dropped",
      "message delayed",
      "message duplicated",
      "message reordered",
      "partition",
      "crash before the record",
      "crash between record and sending",
      "crash after sending",
      "commit lost in a crash",
      "restart",
      "late transactions",
      "member added",
      "member removed",
      "offer withheld",
      "offer to some",
      "two offers",
      "wrong state root",
      "prevotes forged",
      "valid block offered again by a faulty one",
      "vote withheld",
      "vote nil",
      "vote for what nobody offered",
      "vote to one only",
      "two votes",
      "body changed",
      "vote forged",
      "certificate forged",
      "rounds spammed",
      "message replayed",
      "commit in round 0",
      "commit in a later round",
      "block of an earlier round committed",
      "offered again by an honest one",
      "block fetched",
      "evidence: two offers",
      "evidence: two votes",
      "evidence: wrong block",
      "evidence: stray vote",
  };
  return names[static_cast<std::size_t>(incident)];
}

Report simulate(std::uint32_t seed) { return Simulation(seed).run(); }

Report simulate_halt(std::uint32_t seed) { return Simulation(seed).run_halted(); }

}  // namespace gridtally::consensus
