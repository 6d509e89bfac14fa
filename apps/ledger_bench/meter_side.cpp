#include "ledger_bench/meter_side.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "cluster/letter.hpp"
#include "ledger_bench/community.hpp"

namespace gridtally::ledger_bench {

using namespace std::chrono_literals;

namespace {

constexpr int sent_in_a_row = 16;       // before letters are looked at
constexpr double longest_start = 60.0;  // [s] for the first block
constexpr double shortest_drain = 5.0;  // [s] for what is under way at the end
constexpr auto news_expected = 1s;

[[noreturn]] void fail(const std::string& what) {
  throw Error("the meters' rank got a bad block: " + what);
}

}  // namespace

MeterSide::MeterSide(const ledger::Genesis& genesis, const cluster::Layout& layout,
                     cluster::Post& post)
    : genesis_(genesis),
      layout_(layout),
      post_(post),
      verifier_(4096),
      first_(initial_state(genesis)),
      tip_(first_.run_id),
      under_way_(genesis.meters.size()) {
  for (std::uint32_t meter = 0; meter < genesis.meters.size(); ++meter) {
    keys_.push_back(key_of(ledger::Role::meter, meter));
  }
}

double MeterSide::now() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

MeterSide::Result MeterSide::run(double rate, OpenLoop::Span span) {
  open_day();
  start_ = Clock::now();
  OpenLoop& loop = loop_.emplace(rate, span, static_cast<std::uint32_t>(keys_.size()));
  const double end = span.warm_up + span.measured;
  const double give_up = end + std::max(shortest_drain, span.measured);
  while (!loop.done() && now() < give_up) {
    bool busy = take_letters();
    for (int i = 0; i < sent_in_a_row; ++i) {
      const auto meter = loop.next(now());
      if (!meter) break;
      send(*meter);
      busy = true;
    }
    busy ? post_.stir() : rest(loop.next_due().value_or(give_up));
  }
  end_validators();
  return {loop.confirmed_rate(), loop.delays(now()), loop.unconfirmed(),
          static_cast<double>(measured_blocks_) / span.measured};
}

// The day's first iteration needs every meter; after it any will do.
void MeterSide::open_day() {
  for (std::uint32_t meter = 0; meter < keys_.size(); ++meter) send(meter);
  while (tip_.height() == 0) {
    if (now() > longest_start) throw Error("the validators have made no block in 60 s");
    take_letters() ? post_.stir() : rest(now() + 1.0);
  }
}

// One day, no settlement: the iteration is the height.
void MeterSide::send(std::uint32_t meter) {
  const std::uint64_t height = tip_.height() + 1;
  const ledger::Turn turn{height, 0, ledger::Phase::trading, static_cast<std::uint32_t>(height)};
  auto transaction = make_transaction(first_.run_id, turn, tip_.head, meter);
  ledger::Decision& row = transaction.decisions.emplace_back();
  row.prosumer = meter;
  std::uniform_real_distribution<double> energy(0.5, 2.0);  // [kWh]
  for (std::size_t t = 0; t < genesis_.terms.slots; ++t) row.numbers.push_back(energy(random_));
  for (auto& byte : row.commitment) byte = static_cast<std::uint8_t>(random_());
  const auto signed_transaction = sign_transaction(std::move(transaction), keys_[meter]);
  under_way_[meter] = signed_transaction.id();
  const auto contents = cluster::letter(cluster::Subject::transaction, encode(signed_transaction));
  for (int to = 0; to < layout_.validator_ranks(); ++to) post_.send(to, contents);
}

bool MeterSide::take_letters() {
  bool any = false;
  while (const auto letter = post_.receive()) {
    any = true;
    const auto opened = cluster::open(letter->bytes);
    if (opened.subject != cluster::Subject::consensus) continue;
    const auto message = ledger::decode_message(opened.body);
    if (const auto* committed = std::get_if<ledger::Committed>(&message)) take(*committed);
  }
  return any;
}

// Everything but the execution, which is the validators'.
void MeterSide::take(const ledger::Committed& committed) {
  const ledger::Block& block = committed->block;
  if (block.header.turn.height != tip_.height() + 1) return;
  if (auto bad = check_certificate(first_.run_id, first_.membership, *committed, verifier_)) {
    fail(describe(*bad));
  }
  if (block.header.parent != tip_.head) fail("it does not follow the one before");
  if (transactions_root(block) != block.header.transactions_root) fail("not what its header names");
  tip_.advance(block_hash(block.header));
  last_news_ = Clock::now();
  const double when = now();
  if (loop_ && loop_->is_measured(when)) ++measured_blocks_;
  for (const auto& transaction : block.transactions) {
    auto& id = under_way_[transaction.content().meter];
    if (id != transaction.id()) continue;
    id.reset();
    if (loop_) loop_->confirm(transaction.content().meter, when);
  }
}

void MeterSide::rest(double until) {
  if (Clock::now() > last_news_ + news_expected) ask_for_news();
  const auto left = std::chrono::duration<double>(std::clamp(until - now(), 0.0, 0.1));
  post_.rest(Clock::now() + std::chrono::duration_cast<Clock::duration>(left));
}

void MeterSide::ask_for_news() {
  last_news_ = Clock::now();
  post_.send(0, cluster::letter(ledger::Message(ledger::Request{tip_.height() + 1})));
}

void MeterSide::end_validators() {
  const auto contents = cluster::letter(cluster::Subject::halt, {});
  for (int to = 0; to < layout_.validator_ranks(); ++to) post_.send(to, contents);
}

}  // namespace gridtally::ledger_bench
