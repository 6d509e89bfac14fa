#include "solve/settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <vector>

#include "archive/archive_writer.hpp"
#include "base/text.hpp"
#include "cli/options.hpp"
#include "cluster/private_output.hpp"
#include "cluster/run_folder.hpp"
#include "ledger/ballot_folder.hpp"
#include "qp/batch_solver.hpp"

namespace gridtally::solve {

namespace {

using Faults = std::vector<std::string>;

market::Form choose_form(const Settings& settings, bool limits, Faults& faults) {
  if (settings.form == "pairwise") return market::Form::pairwise;
  if (settings.form == "auto") return limits ? market::Form::pairwise : market::Form::collapsed;
  if (settings.form != "collapsed") {
    faults.push_back("--form '" + settings.form + "': choose auto, collapsed or pairwise");
  } else if (limits) {
    faults.emplace_back(
        "--form collapsed cannot hold the limits in partners.csv: use --form pairwise, or remove "
        "the limits");
  }
  return market::Form::collapsed;
}

void check_lanes(int lanes, Faults& faults) {
  const int most = qp::supported_lanes();
  const bool known = lanes == 0 || lanes == 1 || lanes == 2 || lanes == 4 || lanes == 8;
  if (known && lanes <= most) return;
  faults.push_back("--lanes " + std::to_string(lanes) +
                   ": choose 1, 2, 4 or 8, on this processor at most " + std::to_string(most) +
                   "; 0 takes that");
}

bool lies_in(const std::filesystem::path& inner, const std::filesystem::path& outer) {
  const auto relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

// Whoever is handed the archive must not be handed the private files with it.
void check_apart(const cluster::RunOutput& output, Faults& faults) {
  const auto plain = [](const std::filesystem::path& path) {
    auto folder = std::filesystem::weakly_canonical(path);
    return folder.has_filename() ? folder : folder.parent_path();
  };
  const auto archive = plain(output.archive);
  const auto own = plain(output.private_files);
  if (lies_in(archive, own) || lies_in(own, archive)) {
    faults.push_back("the archive '" + output.archive.string() +
                     "' and the private files' folder '" + output.private_files.string() +
                     "' lie in one another: choose folders apart with --output and --private");
  }
}

void note(const std::function<void()>& check, Faults& faults) {
  try {
    check();
  } catch (const Error& error) {
    faults.emplace_back(error.what());
  }
}

void throw_if_any(const Faults& faults) {
  if (!faults.empty()) throw InputError(faults);
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string in_seconds(const char* name, double seconds, const cluster::RunSeconds& of) {
  return "  " + std::string(name) + " " + to_fixed(seconds, 3) + " s (" +
         to_fixed(100.0 * seconds / of.total, 1) + " %)";
}

void print_timings(const std::vector<cluster::RunSeconds>& ranks, std::ostream& out) {
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    const auto& of = ranks[rank];
    out << "rank " << rank << ": " << to_fixed(of.total, 3) << " s:" << in_seconds("qp", of.qp, of)
        << in_seconds("ledger", of.ledger(), of) << in_seconds("archive", of.archive, of)
        << in_seconds("waiting", of.waiting, of) << in_seconds("background", of.background, of)
        << "\n";
  }
}

constexpr std::size_t losers_named = 5;

// What the settled days came to, and for whom the fixed price π is a bad one.
std::string benefit_text(const ledger::Genesis& genesis,
                         const std::vector<ledger::Benefit>& benefits) {
  if (benefits.empty()) return "";
  ledger::Benefit sum;
  for (const auto& each : benefits) sum += each;
  return "alone " + to_fixed(sum.cost_alone, 2) + " cents, trading " + to_fixed(sum.cost, 2) +
         " cents; at the trading price of " + to_text(genesis.terms.p2p_price) +
         " cents/kWh, over all settled days,\n" +
         ledger::losers_text(genesis, benefits, losers_named) +
         " (gridtally-inspect --prosumers shows each)\n";
}

std::string unfunded_text(const ledger::Genesis& genesis,
                          const std::vector<cluster::Unfunded>& unfunded) {
  std::string text;
  for (const auto& each : unfunded) {
    text += "day " + std::to_string(each.day) + ": insufficient funds of " +
            genesis.prosumers[each.prosumer] + ": its trades were cancelled\n";
  }
  return text;
}

// What was signed and should not have been, as the archive holds it.
std::string misconduct_text(const std::vector<ledger::Evidence>& evidence) {
  constexpr std::size_t most_named = 10;
  std::string text;
  for (std::size_t i = 0; i < evidence.size() && i < most_named; ++i) {
    text += "evidence: " + describe(evidence[i]) + "\n";
  }
  if (evidence.size() > most_named) {
    text += "evidence: " + std::to_string(evidence.size() - most_named) +
            " more (gridtally-audit names each)\n";
  }
  return text;
}

// Names of those whose last answer was no.
std::string refusing(const ledger::Genesis& genesis, const ledger::ContractState& state) {
  std::string names;
  for (std::size_t u = 0; u < state.answers.size(); ++u) {
    if (!state.answers[u].accepted) names += (names.empty() ? "" : ", ") + genesis.prosumers[u];
  }
  return names;
}

}  // namespace

cluster::Talk Settings::talk() const {
  if (quiet) return cluster::Talk::quiet;
  return verbose ? cluster::Talk::verbose : cluster::Talk::normal;
}

cluster::RunOutput Settings::output() const {
  // "merged" or "merged:FOLDER"; a folder of that name is "./merged".
  constexpr std::string_view one_file = "merged";
  const auto text = private_files.string();
  const bool merged = text == one_file || text.starts_with("merged:");
  auto folder = merged
                    ? std::filesystem::path(text.substr(std::min(text.size(), one_file.size() + 1)))
                    : private_files;
  if (folder.empty()) {
    folder = archive.has_filename() ? archive : archive.parent_path();
    folder += ".private";
  }
  return {archive, folder, force, goes_on, talk(), lanes, merged, chosen_iterates};
}

cluster::Rules Settings::rules() const {
  constexpr std::uint32_t usual_staleness = 5;
  return {chosen_form, staleness.value_or(deadline ? usual_staleness : 0), candidates};
}

cluster::Conduct Settings::conduct() const {
  cluster::Conduct out;
  out.patience.timeouts.propose = round_timeout;
  out.patience.timeouts.vote = round_timeout / 2;
  out.patience.timeouts.resend = std::min(round_timeout, out.patience.timeouts.resend);
  if (deadline) out.patience.deadline = std::chrono::milliseconds(*deadline);
  out.give_up = std::chrono::seconds(give_up);
  out.faults = faults;
  out.ballot_folder = ledger::ballot_folder_of(archive);
  out.record_folder = cluster::run_folder_of(archive);
  return out;
}

namespace {

// The folder that --resume names is the output.
void name_output(Settings& s) {
  if (s.resume.empty()) return;
  const bool given = s.archive != Settings{}.archive;
  if (given &&
      std::filesystem::weakly_canonical(s.archive) != std::filesystem::weakly_canonical(s.resume)) {
    throw InputError("--output '" + s.archive.string() + "' and --resume '" + s.resume.string() +
                     "' name two folders: a run goes on where it is");
  }
  if (s.force) {
    throw InputError("--force drops what --resume goes on with: give one of them");
  }
  s.archive = s.resume;
}

}  // namespace

bool read_settings(int argc, char** argv, Settings& s, std::ostream& out, const std::string& kept) {
  cli::Options options(
      "gridtally-solve",
      "Trades a community's energy for each day of its study, and writes a signed archive.\n"
      "Run it alone or as  mpirun -n R gridtally-solve COMMUNITY [options]  for any R.\n"
      "Exit status: 0 solved, 2 bad input (nothing written), 3 not converged, 4 failure,\n"
      "75 stopped by SIGTERM, SIGINT, SIGUSR1 or --wall-time: --resume goes on.");
  options
      .argument("COMMUNITY", s.community,
                "community folder (see src/model/README.md); --resume knows it", false)
      .option("output", s.archive, "", "archive folder to write")
      .option("resume", s.resume, "",
              "archive of a run that was stopped: goes on with it, with all that it began with; "
              "begins the run where there is nothing yet")
      .option(
          "private", s.private_files, "",
          "folder for the meters' private files (default: the archive's name + .private); merged "
          "or merged:FOLDER: one file for all of them, written at the end")
      .option("keys", s.keys, "", "folder made by gridtally-keygen (default: throw-away keys)")
      .option("validators", s.validators, "", "validators that vote on every block", {1, 1000})
      .option("candidates", s.candidates, "",
              "further validators that are hosted, but no members until they are voted in",
              {0, 1000})
      .option("meters", s.meters, "", "smart meters; 0: one a prosumer", {0, 1e7})
      .option("rho", s.rho, "cents/kWh^2",
              "ADMM penalty, kept fixed; 0: chosen from the prices and adapted (default: the "
              "community's, else 0)",
              {0.0, 1e9})
      .option("epsilon", s.epsilon, "kWh",
              "stop test: sum over pairs of ||p' - p|| (default: the community's, else 1e-6)",
              {1e-12, 1e6})
      .option("gap", s.gap, "",
              "a day also ends when the certified relative gap is so small; 0: never (default: the "
              "community's, else 0)",
              {0.0, 1.0})
      .option("max-iterations", s.max_iterations, "iterations a day",
              "give up after so many (default: the community's, else 5000)", {1, 1e6})
      .option("days", s.days, "days", "run only the first days of the study (default: all)",
              {1, 3660})
      .option("form", s.form, "",
              "auto, collapsed (one row a prosumer) or pairwise (one row a pair)")
      .option("deadline", s.deadline, "ms",
              "a block does not wait longer for meters: the last decision of a late one counts "
              "(default: it waits for all)",
              {1, 1e7})
      .option("staleness", s.staleness, "iterations",
              "how old that last decision may be (default: 5 with --deadline, else 0: none)",
              {0, 1000})
      .option("round-timeout", s.round_timeout, "ms",
              "a proposer that is silent so long is passed over; longer in later rounds", {10, 1e7})
      .option("give-up", s.give_up, "s",
              "end the run, with the names of the silent, when a block finds no quorum for so long",
              {1, 1e6})
      .option("governance", s.governance_file, "",
              "file of validators' votes to add and remove validators")
      .option("fault", s.fault_file, "",
              "file of faults to commit on purpose, for tests and training (src/cluster/README.md)")
      .option("wall-time", s.wall_time, "s",
              "stop in time to have closed before so long, or H:MM:SS, with exit status 75; "
              "--resume goes on (default: never)",
              {1, 1e8})
      .option("lanes", s.lanes, "", "QPs side by side: 1, 2, 4, 8; 0: the most this CPU has",
              {0, 8})
      .option("iterates", s.iterates, "",
              "which iterations of a settled day the archive keeps: all, every:N or final; private "
              "files can make the others again")
      .flag("force", s.force, "replace an existing archive and its private files")
      .flag("quiet", s.quiet, "print errors only")
      .flag("verbose", s.verbose, "print a line every ten iterations")
      .flag("timings", s.timings, "print where each rank's time went");
  if (!options.parse(argc, argv, out, {"in its settings", kept})) return false;
  name_output(s);
  if (s.community.empty() && s.resume.empty()) {
    throw InputError(
        Faults{"argument COMMUNITY is missing: community folder", "see gridtally-solve --help"});
  }
  s.kept = options.ini({"output", "resume", "force", "quiet", "verbose", "timings", "wall-time"});
  return true;
}

void apply(Settings& settings, model::Community& community) {
  auto& own = community.settings;
  const auto prosumers = static_cast<std::uint32_t>(community.size());
  Faults faults;
  if (settings.days && *settings.days > own.days) {
    faults.push_back("--days " + std::to_string(*settings.days) + ": the community has data for " +
                     counted(static_cast<std::size_t>(own.days), "day"));
  }
  if (settings.meters > prosumers) {
    faults.push_back("--meters " + std::to_string(settings.meters) + ": at most one a prosumer, " +
                     std::to_string(prosumers));
  }
  settings.chosen_form = choose_form(settings, community.partners.has_limits(), faults);
  throw_if_any(faults);
  if (settings.meters == 0) settings.meters = prosumers;
  own.rho = settings.rho.value_or(own.rho);
  own.epsilon = settings.epsilon.value_or(own.epsilon);
  own.gap = settings.gap.value_or(own.gap);
  own.max_iterations = settings.max_iterations.value_or(own.max_iterations);
  own.days = settings.days.value_or(own.days);
}

void check(Settings& settings, bool writes_archive) {
  Faults faults;
  const auto collect = [&](const auto& step) {
    try {
      step();
    } catch (const InputError& error) {
      faults.insert(faults.end(), error.faults().begin(), error.faults().end());
    }
  };
  collect([&] {
    if (!settings.fault_file.empty())
      settings.faults = cluster::read_fault_plan(settings.fault_file);
  });
  collect([&] {
    if (!settings.governance_file.empty()) {
      settings.votes = cluster::read_governance_file(settings.governance_file);
    }
  });
  collect([&] { settings.chosen_iterates = archive::parse_iterates(settings.iterates); });
  if (settings.staleness.value_or(0) > 0 && !settings.deadline) {
    faults.emplace_back(
        "--staleness says how old a late meter's decision may be: say with --deadline MS when a "
        "meter is late");
  }
  for (const auto& lag : settings.faults.lags) {
    if (lag.iterations <= settings.rules().staleness) continue;
    faults.push_back("--fault: meter " + std::to_string(lag.meter) + " lags " +
                     std::to_string(lag.iterations) +
                     " iterations, and the run would wait for it for ever: give --deadline MS and "
                     "a --staleness of at least as many");
  }
  if (settings.deadline && settings.staleness == 0U) {
    faults.emplace_back("--deadline needs a --staleness of at least 1 iteration");
  }
  check_lanes(settings.lanes, faults);
  if (settings.quiet && settings.verbose) faults.emplace_back("choose --quiet or --verbose");
  const auto output = settings.output();
  check_apart(output, faults);
  if (writes_archive && !settings.goes_on) {
    using Existing = archive::ArchiveWriter::Existing;
    const auto existing = output.replace ? Existing::replace : Existing::refuse;
    note([&] { archive::ArchiveWriter::check_output(output.archive, existing); }, faults);
    note([&] { cluster::check_private_output(output.private_files, output.replace); }, faults);
  }
  throw_if_any(faults);
}

void announce(const Settings& settings, const ledger::Genesis& genesis,
              const cluster::Layout& layout, std::ostream& out) {
  const auto& terms = genesis.terms;
  out << counted(genesis.prosumers.size(), "prosumer") << ", "
      << counted(terms.graph.pairs(), "pair") << ", " << counted(genesis.days, "day") << " of "
      << counted(terms.slots, "slot") << "; " << market::name(terms.form) << " form, rho "
      << to_text(terms.rho) << " cents/kWh^2" << (terms.memory > 0 ? " at first, adapted" : "")
      << ", stop at " << to_text(terms.epsilon) << " kWh";
  if (terms.gap > 0.0) out << " or a gap of " << to_text(terms.gap);
  out << "\n"
      << counted(layout.meters(), "meter") << " and "
      << counted(genesis.validators.size(), "validator") << " on "
      << counted(static_cast<std::size_t>(layout.ranks()), "rank");
  if (settings.keys.empty()) {
    out << "; keys made for this run only (--keys DIR uses your own, from gridtally-keygen)";
  }
  out << "\n";
}

ExitStatus conclude(const Settings& settings, const ledger::Genesis& genesis,
                    const cluster::RunSummary& summary, const std::string& go_on,
                    std::ostream& out) {
  const auto output = settings.output();
  const auto& state = summary.state;
  const bool talks = settings.talk() != cluster::Talk::quiet;
  if (talks) {
    out << benefit_text(genesis, summary.benefits) << counted(state.turn.height, "block")
        << ", head " << ledger::to_hex(summary.head) << "\n"
        << unfunded_text(genesis, summary.unfunded) << misconduct_text(summary.evidence)
        << "archive " << output.archive.string() << ", private files "
        << output.private_files.string() << "\n";
  }
  if (settings.timings) print_timings(summary.seconds, out);
  if (!summary.halted.empty()) {
    throw Error("the run halted after height " + std::to_string(state.turn.height) + ": " +
                summary.halted + ". The archive holds every block up to there; to go on: " + go_on);
  }
  if (!summary.stopped.empty()) {
    throw Error("stopped by " + summary.stopped + " after height " +
                    std::to_string(state.turn.height) + "; to go on: " + go_on,
                ExitStatus::stopped);
  }
  if (summary.outcome == ledger::Outcome::completed) return ExitStatus::success;
  const std::string day = "day " + std::to_string(state.turn.day);
  if (summary.outcome == ledger::Outcome::not_converged) {
    throw Error(
        day + " did not converge: residual " + to_text(state.iterate.residual) + " kWh after " +
            std::to_string(state.iterate.iteration) + " iterations, stop test " +
            to_text(genesis.terms.epsilon) + " kWh" +
            (genesis.terms.gap > 0.0 ? " or a certified gap of " + to_text(genesis.terms.gap)
                                     : std::string()) +
            ". The archive holds every block; no schedule of that day is published. " +
            "Raise --max-iterations" +
            (genesis.terms.memory == 0 ? ", or leave --rho out so that it adapts" : ""),
        ExitStatus::not_converged);
  }
  throw Error(day + " converged, but " + refusing(genesis, state) +
              " could not be served even without trading; the archive holds every block. Check " +
              "their limits and profiles");
}

std::string command_to_go_on(const Settings& settings, const std::string& program, int ranks) {
  const auto word = [](const std::string& text) {
    const bool plain = text.find_first_of(" \t\"'$&;|<>()*?[]#~`\\") == std::string::npos;
    return plain ? text : "'" + text + "'";
  };
  const bool alone = std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr;
  return (alone ? "" : "mpirun -n " + std::to_string(ranks) + " ") + word(program) + " --resume " +
         word(settings.archive.string());
}

}  // namespace gridtally::solve
