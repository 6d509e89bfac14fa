#include "solve/settings.hpp"

#include <iostream>

#include "archive/archive_writer.hpp"
#include "base/text.hpp"
#include "cli/options.hpp"
#include "cluster/private_output.hpp"
#include "qp/batch_solver.hpp"

namespace gridtally::solve {

namespace {

market::Form choose_form(const Settings& settings, const model::Community& community) {
  const bool limits = community.partners.has_limits();
  if (settings.form == "pairwise") return market::Form::pairwise;
  if (settings.form == "auto") return limits ? market::Form::pairwise : market::Form::collapsed;
  if (settings.form != "collapsed") {
    throw InputError("--form '" + settings.form + "': choose auto, collapsed or pairwise");
  }
  if (limits) {
    throw InputError(
        "--form collapsed cannot hold the limits in partners.csv: use --form pairwise, or remove "
        "the limits");
  }
  return market::Form::collapsed;
}

void check_lanes(int lanes) {
  const int most = qp::supported_lanes();
  const bool known = lanes == 0 || lanes == 1 || lanes == 2 || lanes == 4 || lanes == 8;
  if (known && lanes <= most) return;
  throw InputError("--lanes " + std::to_string(lanes) +
                   ": choose 1, 2, 4 or 8, on this processor at most " + std::to_string(most) +
                   "; 0 takes that");
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

cluster::Talk Settings::talk() const {
  if (quiet) return cluster::Talk::quiet;
  return verbose ? cluster::Talk::verbose : cluster::Talk::normal;
}

cluster::RunOutput Settings::output() const {
  auto folder = private_files;
  if (folder.empty()) {
    folder = archive.has_filename() ? archive : archive.parent_path();
    folder += ".private";
  }
  return {archive, folder, force, talk(), lanes};
}

bool read_settings(int argc, char** argv, Settings& s, std::ostream& out) {
  cli::Options options(
      "gridtally-solve",
      "Trades a community's energy for each day of its study, and writes a signed archive.\n"
      "Run it alone or as  mpirun -n R gridtally-solve COMMUNITY [options]  for any R.\n"
      "Exit status: 0 solved, 2 bad input (nothing written), 3 not converged, 4 failure.");
  options.argument("COMMUNITY", s.community, "community folder (see src/model/README.md)")
      .option("output", s.archive, "", "archive folder to write")
      .option("private", s.private_files, "",
              "folder for the meters' private files (default: the archive's name + .private)")
      .option("keys", s.keys, "", "folder made by gridtally-keygen (default: throw-away keys)")
      .option("validators", s.validators, "", "validators that vote on every block", {1, 1000})
      .option("meters", s.meters, "", "smart meters; 0: one a prosumer", {0, 1e7})
      .option("rho", s.rho, "cents/kWh^2", "ADMM penalty; 0: chosen from the partner graph",
              {0.0, 1e9})
      .option("epsilon", s.epsilon, "kWh", "stop test: sum over pairs of ||p' - p||", {1e-12, 1e6})
      .option("max-iterations", s.max_iterations, "a day", "give up after", {1, 1e6})
      .option("days", s.days, "days", "run only the first of the study", {1, 3660})
      .option("form", s.form, "",
              "auto, collapsed (one row a prosumer) or pairwise (one row a pair)")
      .option("lanes", s.lanes, "", "QPs side by side: 1, 2, 4, 8; 0: the most this CPU has",
              {0, 8})
      .flag("force", s.force, "replace an existing archive and its private files")
      .flag("quiet", s.quiet, "print errors only")
      .flag("verbose", s.verbose, "print a line every ten iterations");
  return options.parse(argc, argv, out);
}

void apply(Settings& settings, model::Community& community) {
  auto& own = community.settings;
  const auto prosumers = static_cast<std::uint32_t>(community.size());
  if (settings.days && *settings.days > own.days) {
    throw InputError("--days " + std::to_string(*settings.days) + ": the community has data for " +
                     counted(static_cast<std::size_t>(own.days), "day"));
  }
  if (settings.meters > prosumers) {
    throw InputError("--meters " + std::to_string(settings.meters) + ": at most one a prosumer, " +
                     std::to_string(prosumers));
  }
  if (settings.meters == 0) settings.meters = prosumers;
  own.rho = settings.rho.value_or(own.rho);
  own.epsilon = settings.epsilon.value_or(own.epsilon);
  own.max_iterations = settings.max_iterations.value_or(own.max_iterations);
  own.days = settings.days.value_or(own.days);
  settings.chosen_form = choose_form(settings, community);
  check_lanes(settings.lanes);
}

void check_outputs(const Settings& settings) {
  using Existing = archive::ArchiveWriter::Existing;
  const auto output = settings.output();
  archive::ArchiveWriter::check_output(output.archive,
                                       output.replace ? Existing::replace : Existing::refuse);
  cluster::check_private_output(output.private_files, output.replace);
}

void announce(const Settings& settings, const ledger::Genesis& genesis,
              const cluster::Layout& layout, std::ostream& out) {
  const auto& terms = genesis.terms;
  out << counted(genesis.prosumers.size(), "prosumer") << ", "
      << counted(terms.graph.pairs(), "pair") << ", " << counted(genesis.days, "day") << " of "
      << counted(terms.slots, "slot") << "; " << market::name(terms.form) << " form, rho "
      << to_text(terms.rho) << " cents/kWh^2, stop at " << to_text(terms.epsilon) << " kWh\n"
      << counted(layout.meters(), "meter") << " and " << counted(layout.validators(), "validator")
      << " on " << counted(static_cast<std::size_t>(layout.ranks()), "rank");
  if (settings.keys.empty()) {
    out << "; keys made for this run only (--keys DIR uses your own, from gridtally-keygen)";
  }
  out << "\n";
}

ExitStatus conclude(const Settings& settings, const ledger::Genesis& genesis,
                    const cluster::RunSummary& summary, std::ostream& out) {
  const auto output = settings.output();
  const auto& state = summary.state;
  const bool talks = settings.talk() != cluster::Talk::quiet;
  if (talks) {
    out << counted(state.turn.height, "block") << ", head " << ledger::to_hex(summary.head) << "\n"
        << "archive " << output.archive.string() << ", private files "
        << output.private_files.string() << "\n";
  }
  if (summary.outcome == ledger::Outcome::completed) return ExitStatus::success;
  const std::string day = "day " + std::to_string(state.turn.day);
  if (summary.outcome == ledger::Outcome::not_converged) {
    throw Error(day + " did not converge: residual " + to_text(state.iterate.residual) +
                    " kWh after " + std::to_string(state.iterate.iteration) +
                    " iterations, stop test " + to_text(genesis.terms.epsilon) +
                    " kWh. The archive holds every block; no schedule of that day is published. " +
                    "Raise --max-iterations, or try another --rho",
                ExitStatus::not_converged);
  }
  throw Error(day + " converged, but a prosumer could not be served even without trading; the " +
              "archive holds every block. Check that prosumer's limits");
}

}  // namespace gridtally::solve
