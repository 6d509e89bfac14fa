#include "audit/private_replay.hpp"

#include <algorithm>

#include "audit/agreement.hpp"
#include "audit/row_difference.hpp"
#include "base/error.hpp"

namespace gridtally::audit {

Companion PrivateReplay::companion() {
  return {[this](const ledger::Genesis& genesis, bool thinned) { return open(genesis, thinned); },
          [this] { return fills(); },
          [this](const ledger::ContractState& before, const ledger::Block& block) {
            return fill(before, block);
          },
          [this] { meters_.reset(); },
          [this](const ledger::ContractState& before, const ledger::Block& block,
                 const ledger::ContractState& after) { return check(before, block, after); },
          [this](const ledger::ContractState& state, const Ending& ending) {
            return close(state, ending);
          }};
}

std::optional<Finding> PrivateReplay::open(const ledger::Genesis& genesis, bool thinned) {
  all_files_ = thinned;
  genesis_ = std::make_unique<const ledger::Genesis>(genesis);
  auto bad = agree(share_, open_part());
  if (bad) certificate_.reset();
  return bad;
}

std::optional<Finding> PrivateReplay::open_part() {
  files_.emplace(place_, *genesis_, room_);
  if (auto bad = files_->open(all_files_ ? Share{} : share_)) return bad;
  for (const auto& file : files_->meters()) {
    if (auto bad = check_inputs(file)) return bad;
  }
  certificate_ = std::make_unique<CertificateCheck>(*genesis_, *files_);
  if (depth_ == Depth::certificate || files_->meters().empty()) return std::nullopt;
  try {
    meters_ = std::make_unique<MeterCrew>(*genesis_, files_->meters(), threads_);
  } catch (const Error& error) {
    return not_auditable(place_.string(), "private replay", error.what());
  }
  return std::nullopt;
}

/// The genesis commits to each prosumer's inputs.
std::optional<Finding> PrivateReplay::check_inputs(const archive::PrivateFile& file) const {
  Finding bad;
  bad.file = archive::private_file_name(file.meter);
  bad.height = 0;
  bad.meter = file.meter;
  if (file.days < genesis_->days) {
    bad.what = "days of the profiles";
    bad.expected = "at least " + std::to_string(genesis_->days);
    bad.found = std::to_string(file.days);
    return bad;
  }
  for (const auto& prosumer : file.prosumers) {
    const auto found = meter::input_commitment(file.salt_key, prosumer);
    const auto& expected = genesis_->input_commitments[prosumer.prosumer];
    if (found == expected) continue;
    bad.prosumer = prosumer.prosumer;
    bad.what = "commitment to the private inputs";
    bad.expected = ledger::to_hex(expected) + ", as in the genesis";
    bad.found = ledger::to_hex(found);
    return bad;
  }
  return std::nullopt;
}

std::optional<Finding> PrivateReplay::check(const ledger::ContractState& before,
                                            const ledger::Block& block,
                                            const ledger::ContractState& after) {
  if (after.settled) {
    if (auto bad = go_to_day(after.turn)) return bad;
  }
  if (meters_) {
    if (auto bad = replay(before, block, after)) return bad;
  }
  return after.settled ? certificate_->check_day(block, after) : std::nullopt;
}

/// A file that cannot be read any more ends this part of the audit.
std::optional<Finding> PrivateReplay::go_to_day(const ledger::Turn& turn) {
  auto bad = files_->go_to(turn.day);
  if (!bad) return bad;
  bad->height = turn.height;
  bad->day = turn.day;
  bad->stage = Stage::solve;
  certificate_.reset();
  meters_.reset();
  return bad;
}

bool PrivateReplay::fills() const {
  return meters_ != nullptr && files_->meters().size() == genesis_->meters.size();
}

std::variant<ledger::Block, Finding> PrivateReplay::fill(const ledger::ContractState& before,
                                                         const ledger::Block& block) {
  if (auto bad = solve(before)) return std::move(*bad);
  ledger::Block whole = block;
  for (auto& transaction : whole.transactions) {
    const auto& content = transaction.content();
    const auto* made = replayed(content);
    Finding bad;
    bad.height = block.header.turn.height;
    bad.day = content.turn.day;
    bad.meter = content.meter;
    bad.what = "decision left out, made again from the private files";
    bad.stage = Stage::solve;
    bad.expected = "rows of root " + ledger::to_hex(transaction.rows_root());
    if (made == nullptr) {
      bad.found = "none for iteration " + std::to_string(content.turn.iteration);
      return bad;
    }
    ledger::SignedTransaction again(*made, transaction.signature());
    if (again.rows_root() != transaction.rows_root()) {
      bad.found = ledger::to_hex(again.rows_root());
      return bad;
    }
    transaction = std::move(again);
  }
  return whole;
}

std::optional<Finding> PrivateReplay::solve(const ledger::ContractState& before) {
  const auto turn = ledger::next_turn(*genesis_, before);
  if (!replayed_.empty() && replayed_.back().front().turn == turn) return std::nullopt;
  try {
    remember(meters_->prepare(before));
  } catch (const Error& error) {
    Finding bad;
    bad.height = turn.height;
    bad.day = turn.day;
    bad.what = "replay";
    bad.found = error.what();
    bad.stage = Stage::solve;
    return bad;
  }
  return std::nullopt;
}

std::optional<Finding> PrivateReplay::replay(const ledger::ContractState& before,
                                             const ledger::Block& block,
                                             const ledger::ContractState& after) {
  if (auto bad = solve(before)) return bad;
  for (const auto& transaction : block.transactions) {
    const auto& found = transaction.content();
    if (!is_given(found.meter)) continue;
    const auto* expected = replayed(found);
    if (expected == nullptr) throw Error("a block's transaction of a turn that was not replayed");
    auto bad = transaction_difference(*expected, found, genesis_->terms.slots);
    if (!bad) continue;
    bad->stage = Stage::answer;
    return bad;
  }
  return meters_->observe(after) ? compare_schedules(after, meters_->take_day()) : std::nullopt;
}

/// A late decision is compared with what the meter should have said in its own turn.
void PrivateReplay::remember(std::vector<ledger::Transaction> transactions) {
  replayed_.push_back(std::move(transactions));
  const auto oldest = [&] { return replayed_.front().front().turn; };
  const auto newest = replayed_.back().front().turn;
  const bool trading = newest.phase == ledger::Phase::trading;
  while (oldest() != newest &&
         (oldest().day != newest.day || oldest().phase != ledger::Phase::trading ||
          (trading && oldest().iteration + genesis_->staleness < newest.iteration))) {
    replayed_.pop_front();
  }
}

namespace {
template <typename Items, typename Meter>
auto find_meter(const Items& items, std::uint32_t wanted, Meter meter) {
  const auto place = std::lower_bound(
      items.begin(), items.end(), wanted,
      [&](const auto& each, std::uint32_t number) { return meter(each) < number; });
  return place != items.end() && meter(*place) == wanted ? &*place : nullptr;
}
}  // namespace

bool PrivateReplay::is_given(std::uint32_t meter) const {
  return find_meter(files_->meters(), meter, [](const auto& file) { return file.meter; }) !=
         nullptr;
}

const ledger::Transaction* PrivateReplay::replayed(const ledger::Transaction& found) const {
  for (const auto& transactions : replayed_) {
    if (transactions.front().turn != found.turn) continue;
    return find_meter(transactions, found.meter, [](const auto& each) { return each.meter; });
  }
  return nullptr;
}

/// The schedules and multipliers kept are those replayed.
std::optional<Finding> PrivateReplay::compare_schedules(const ledger::ContractState& state,
                                                        const archive::PrivateDay& replayed) const {
  const auto day = state.turn.day;
  std::size_t next = 0;
  for (std::size_t i = 0; i < files_->meters().size(); ++i) {
    const auto& file = files_->meters()[i];
    for (std::size_t row = 0; row < file.prosumers.size(); ++row) {
      const auto& expected = replayed[next++];
      const auto* kept = files_->schedule(i, row, day);
      if (kept == nullptr) continue;
      auto bad = schedule_difference(expected, *kept);
      if (!bad) continue;
      bad->file = archive::private_file_name(file.meter);
      bad->height = state.turn.height;
      bad->meter = file.meter;
      bad->prosumer = file.prosumers[row].prosumer;
      bad->day = day;
      bad->stage = Stage::schedule;
      return bad;
    }
  }
  return std::nullopt;
}

void PrivateReplay::describe(Report& report) const {
  if (!certificate_ || (all_files_ && share_.index > 0)) return;
  report.meters_certified = static_cast<std::uint32_t>(files_->meters().size());
  report.meters_replayed = meters_ ? report.meters_certified : 0;
  report.unfinished = unfinished_;
  report.terms = certificate_->terms();
  std::erase_if(report.terms, [&](const auto& term) { return term.day >= report.days.size(); });
  certify_days(report);
}

std::optional<Finding> PrivateReplay::close(const ledger::ContractState& state,
                                            const Ending& ending) {
  const bool begun = state.turn.height > 0;
  const auto settled = begun ? state.turn.day + (state.settled ? 1U : 0U) : 0U;
  const auto least = ending.closed ? settled : ending.kept_for;
  const auto most = ending.closed ? settled : settled + 1;
  std::vector<UnfinishedFile> unfinished;
  for (std::size_t i = 0; i < files_->meters().size(); ++i) {
    const auto kept = files_->days(i);
    if (kept < least || kept > most) return wrong_days(i, settled);
    if (kept != settled) unfinished.push_back({files_->meters()[i].meter, kept});
  }
  unfinished_ = std::move(unfinished);
  return std::nullopt;
}

Finding PrivateReplay::wrong_days(std::size_t i, std::uint32_t settled) const {
  const auto meter = files_->meters()[i].meter;
  const auto kept = files_->days(i);
  Finding bad;
  bad.file = archive::private_file_name(meter);
  bad.meter = meter;
  bad.day = std::min(kept, settled);
  bad.what = "days with a schedule";
  bad.expected = std::to_string(settled) + ", as settled";
  bad.found = std::to_string(kept);
  bad.stage = Stage::end;
  return bad;
}

}  // namespace gridtally::audit
