#include "report/run_view.hpp"

#include <algorithm>
#include <array>

#include "archive/archive_reader.hpp"
#include "archive/segment_writer.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/carried_state.hpp"
#include "report/day_table.hpp"

namespace gridtally::report {

namespace {

constexpr std::size_t accounts_shown = 20;

double cents(std::int64_t micro) { return static_cast<double>(micro) / 1e6; }

void take_state(const ledger::ContractState& state, const ledger::Header& header, RunView& run) {
  if (state.turn.day == run.days.size()) {
    run.days.emplace_back();
    run.states.emplace_back();
    run.headers.emplace_back();
  }
  run.days.back() = audit::summarise_day(state);
  run.states.back() = state;
  run.headers.back() = header;
}

/// Executes the block, or follows it where decisions were left out; false, with a warning, when it
/// is not what the contract gives.
bool execute(const ledger::CommittedBlock& committed, const ledger::ThinnedDay* thinned,
             ledger::Replay& replay, RunView& run) {
  try {
    if (!ledger::lacks_decisions(committed.block)) {
      archive::require_storable(run.genesis, committed);
    }
    const auto bad = replay.check(committed.block, thinned);
    if (bad) run.warning = ledger::describe(*bad);
  } catch (const Error& error) {
    run.warning = error.what();
  }
  return run.warning.empty();
}

void read_blocks(archive::ArchiveReader& reader, std::optional<std::uint64_t> wanted,
                 RunView& run) {
  ledger::Replay replay(run.genesis);
  const auto& state = replay.state();
  run.hashes.push_back(run.run_id);
  while (auto committed = reader.next()) {
    const auto members = static_cast<std::uint32_t>(state.membership.active().size());
    if (!execute(*committed, reader.thinned().get(), replay, run)) break;
    if (wanted == reader.height()) {
      run.block =
          BlockView{*committed, reader.commit_time(), members, state, replay.knows_iterate()};
    }
    run.height = reader.height();
    run.head = reader.head();
    run.hashes.push_back(run.head);
    if (state.settled) take_state(state, committed->block.header, run);
    run.last = std::move(*committed);
  }
  if (run.height > 0 && !state.settled) take_state(state, run.last->block.header, run);
  if (!reader.faults().empty() && run.warning.empty()) {
    run.warning = archive::describe(reader.faults().front());
  }
  run.outcome = ledger::outcome(run.genesis, state);
}

std::string evidence_text(const RunView& run) {
  if (run.evidence.empty()) return "";
  std::array<std::uint32_t, 6> counts{};
  for (const auto& piece : run.evidence) ++counts.at(static_cast<std::size_t>(piece.kind));
  std::string text;
  for (std::size_t kind = 0; kind < counts.size(); ++kind) {
    if (counts.at(kind) == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(counts.at(kind)) + " " +
            std::string(ledger::name(static_cast<ledger::EvidenceKind>(kind)));
  }
  return "evidence:  " + counted(run.evidence.size(), "piece") + ": " + text +
         " (gridtally-audit judges them)\n";
}

/// Accounts as the last day left them; nothing when nobody had an opening balance.
std::string accounts_text(const RunView& run) {
  const auto& openings = run.genesis.opening_balances;
  if (run.states.empty() || std::none_of(openings.begin(), openings.end(),
                                         [](const auto& opening) { return opening.has_value(); })) {
    return "";
  }
  std::string text =
      '\n' + padded("account", 24) + padded("opening [ct]", 16) + padded("balance [ct]", 16) + '\n';
  const auto shown = std::min(openings.size(), accounts_shown);
  for (std::size_t u = 0; u < shown; ++u) {
    text += padded(run.genesis.prosumers[u], 24) +
            padded(openings[u] ? to_fixed(cents(*openings[u]), 2) : "-", 16) +
            padded(to_fixed(cents(run.states.back().balances[u]), 2), 16) + '\n';
  }
  if (shown < openings.size()) {
    text += "  and " + std::to_string(openings.size() - shown) + " more: --json lists all\n";
  }
  return text;
}

void add_accounts(Json& json, const RunView& run) {
  if (run.states.empty()) return;
  json.begin_list("accounts");
  for (std::size_t u = 0; u < run.genesis.prosumers.size(); ++u) {
    json.begin_object().member("prosumer", static_cast<std::uint32_t>(u));
    const auto& opening = run.genesis.opening_balances[u];
    if (opening) {
      json.member("opening", cents(*opening));
    } else {
      json.null_member("opening");
    }
    json.member("balance", cents(run.states.back().balances[u])).end_object();
  }
  json.end_list();
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
  run.evidence = reader.evidence();
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
  text += evidence_text(run);
  return text + '\n' + day_table(chosen_days(run, day)) + accounts_text(run);
}

void add_run(Json& json, const RunView& run, std::optional<std::uint32_t> day) {
  json.member("run", ledger::to_hex(run.run_id)).member("height", run.height);
  json.member("head", ledger::to_hex(run.head)).member("outcome", audit::name(run.outcome));
  json.member("prosumers", std::uint64_t{run.genesis.prosumers.size()});
  json.member("pairs", std::uint64_t{run.genesis.terms.graph.pairs()});
  json.member("meters", std::uint64_t{run.genesis.meters.size()});
  json.member("validators", std::uint64_t{run.genesis.validators.size()});
  if (!run.warning.empty()) json.member("warning", run.warning);
  json.member("evidence", std::uint64_t{run.evidence.size()});
  add_days(json, chosen_days(run, day));
  add_accounts(json, run);
}

}  // namespace gridtally::report
