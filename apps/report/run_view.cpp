#include "report/run_view.hpp"

#include "archive/archive_reader.hpp"
#include "archive/segment_writer.hpp"
#include "base/error.hpp"
#include "ledger/chain.hpp"
#include "report/day_table.hpp"

namespace gridtally::report {

namespace {

void take_state(const ledger::ContractState& state, RunView& run) {
  if (state.turn.day == run.days.size()) {
    run.days.emplace_back();
    run.states.emplace_back();
  }
  run.days.back() = audit::summarise_day(state);
  run.states.back() = state;
}

/// Executes the block; false, with a warning, when it is not what the contract gives.
bool execute(const ledger::CommittedBlock& committed, ledger::ContractState& state, RunView& run) {
  try {
    archive::require_storable(run.genesis, committed);
    const auto bad = ledger::check_execution(run.genesis, committed.block, state);
    if (bad) run.warning = ledger::describe(*bad);
  } catch (const Error& error) {
    run.warning = error.what();
  }
  return run.warning.empty();
}

void read_blocks(archive::ArchiveReader& reader, std::optional<std::uint64_t> wanted,
                 RunView& run) {
  auto state = ledger::initial_state(run.genesis);
  while (auto committed = reader.next()) {
    if (!execute(*committed, state, run)) break;
    const bool day_ends = state.settled;
    if (wanted == reader.height()) run.block = BlockView{*committed, reader.commit_time()};
    run.height = reader.height();
    run.head = reader.head();
    if (day_ends) take_state(state, run);
  }
  if (run.height > 0 && !state.settled) take_state(state, run);
  if (!reader.faults().empty() && run.warning.empty()) {
    run.warning = archive::describe(reader.faults().front());
  }
  run.outcome = ledger::outcome(run.genesis, state);
}

std::vector<audit::DaySummary> chosen_days(const RunView& run, std::optional<std::uint32_t> day) {
  return day ? std::vector{run.days[*day]} : run.days;
}

}  // namespace

RunView read_run(const std::filesystem::path& archive, std::optional<std::uint64_t> block) {
  archive::ArchiveReader reader(archive);
  if (!reader.has_genesis()) {
    throw FormatError(archive.string() + ": " + archive::describe(reader.faults().front()));
  }
  RunView run;
  run.genesis = reader.genesis();
  run.run_id = reader.run_id();
  run.head = run.run_id;
  read_blocks(reader, block, run);
  if (block && !run.block) {
    throw InputError("--block " + std::to_string(*block) + ": " + archive.string() +
                     (run.height > 0 ? " has heights 1 to " + std::to_string(run.height)
                                     : std::string(" has no blocks")));
  }
  return run;
}

void require_day(const RunView& run, std::uint32_t day) {
  if (day < run.days.size()) return;
  throw InputError("--day " + std::to_string(day) + ": the archive has " +
                   (run.days.empty() ? std::string("no days")
                                     : "days 0 to " + std::to_string(run.days.size() - 1)));
}

std::string run_text(const RunView& run, std::optional<std::uint32_t> day) {
  const auto& genesis = run.genesis;
  std::string text = "run:       " + ledger::to_hex(run.run_id) + '\n';
  text += "community: " + counted(genesis.prosumers.size(), "prosumer") + ", " +
          counted(genesis.terms.graph.pairs(), "pair") + ", " +
          counted(genesis.meters.size(), "meter") + ", " +
          counted(genesis.validators.size(), "validator") + ", " +
          counted(genesis.terms.slots, "slot") + " a day\n";
  text +=
      "head:      height " + std::to_string(run.height) + ", " + ledger::to_hex(run.head) + '\n';
  text += "outcome:   " + outcome_text(run.outcome, run.days, genesis.days) + '\n';
  return text + '\n' + day_table(chosen_days(run, day));
}

void add_run(Json& json, const RunView& run, std::optional<std::uint32_t> day) {
  json.member("run", ledger::to_hex(run.run_id)).member("height", run.height);
  json.member("head", ledger::to_hex(run.head)).member("outcome", audit::name(run.outcome));
  json.member("prosumers", std::uint64_t{run.genesis.prosumers.size()});
  json.member("pairs", std::uint64_t{run.genesis.terms.graph.pairs()});
  json.member("meters", std::uint64_t{run.genesis.meters.size()});
  json.member("validators", std::uint64_t{run.genesis.validators.size()});
  if (!run.warning.empty()) json.member("warning", run.warning);
  add_days(json, chosen_days(run, day));
}

}  // namespace gridtally::report
