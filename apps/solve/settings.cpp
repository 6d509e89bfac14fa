#include "solve/settings.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
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

void check_traffic(const std::filesystem::path& file, Faults& faults) {
  if (file.empty()) return;
  const auto folder = std::filesystem::absolute(file).parent_path();
  if (!std::filesystem::is_directory(folder)) {
    faults.push_back("--traffic '" + file.string() + "': there is no folder '" + folder.string() +
                     "': make it first");
  } else if (std::filesystem::is_directory(file)) {
    faults.push_back("--traffic '" + file.string() + "' is a folder: name a file");
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

constexpr std::string_view one_file = "merged";

/// "merged" or "merged:FOLDER"; a folder of that name is "./merged".
bool is_merged(const std::string& text) { return text == one_file || text.starts_with("merged:"); }

/// The folder in it; empty where none is named.
std::string private_folder(const std::string& text) {
  return is_merged(text) ? text.substr(std::min(text.size(), one_file.size() + 1)) : text;
}

/// The same from whichever folder the run goes on.
std::string from_anywhere(const std::string& text) {
  const auto folder = private_folder(text);
  if (folder.empty()) return text;
  const auto absolute = std::filesystem::absolute(folder).string();
  return is_merged(text) ? std::string(one_file) + ":" + absolute : absolute;
}

}  // namespace

cluster::Talk Settings::talk() const {
  if (quiet) return cluster::Talk::quiet;
  return verbose ? cluster::Talk::verbose : cluster::Talk::normal;
}

cluster::RunOutput Settings::output() const {
  const bool merged = is_merged(private_files);
  std::filesystem::path folder = private_folder(private_files);
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
      .option("homes", s.homes, "",
              "folder with prosumers.csv and profiles.csv of homes whose private part COMMUNITY "
              "lacks; a rank needs those of its own meters alone (default: COMMUNITY has them)")
      .option("output", s.archive, "", "archive folder to write")
      .option("resume", s.resume, "",
              "archive of a run that was stopped: goes on with it, with all that it began with; "
              "begins the run where there is nothing yet")
      .option(
          "private", s.private_files, "",
          "folder for the meters' private files (default: the archive's name + .private); merged "
          "or merged:FOLDER: one file for all of them, written at the end")
      .option("keys", s.keys, "", "folder made by gridtally-keygen (default: throw-away keys)")
      .option("registry", s.registry, "",
              "file of public keys, on rank 0: nobody takes part with another (default: none)")
      .option("validators", s.validators, "", "validators that vote on every block", {1, 1000})
      .option("candidates", s.candidates, "",
              "further validators that are hosted, but no members until they are voted in",
              {0, 1000})
      .option("meters", s.meters, "", "smart meters; 0: one a prosumer", {0, 1e7})
      .option("validator-ranks", s.validator_ranks, "",
              "how many ranks, the first, host the validators; the others host the meters; 0: the "
              "validators' share of all",
              {0, 1000})
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
      .flag("timings", s.timings, "print where each rank's time went, and its memory")
      .option("traffic", s.traffic, "",
              "CSV file to write: letters and bytes of each rank, by kind, counted and by the "
              "formula of src/cluster/README.md (default: none)");
  if (!options.parse(argc, argv, out, {"in its settings", kept})) return false;
  name_output(s);
  if (s.community.empty() && s.resume.empty()) {
    throw InputError(
        Faults{"argument COMMUNITY is missing: community folder", "see gridtally-solve --help"});
  }
  const auto given = std::exchange(s.private_files, from_anywhere(s.private_files));
  s.kept = options.ini({"output", "resume", "force", "quiet", "verbose", "timings", "traffic",
                        "wall-time", "validator-ranks"});
  s.private_files = given;
  return true;
}

void apply(Settings& settings, model::Community& community) {
  auto& own = community.settings;
  const auto prosumers = static_cast<std::uint32_t>(community.size());
  Faults faults;
  if (settings.days && *settings.days > own.days) {
    faults.push_back("--days " + std::to_string(*settings.days) + ": the community has data for " +
                     std::to_string(own.days) + (own.days == 1 ? " day" : " days"));
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

cluster::Layout make_layout(const Settings& settings, int ranks) {
  const auto validators = settings.validators + settings.candidates;
  if (settings.validator_ranks == 0) return {ranks, settings.meters, validators};
  const int most = std::min(std::max(1, ranks - 1), static_cast<int>(validators));
  if (settings.validator_ranks > most) {
    throw InputError("--validator-ranks " + std::to_string(settings.validator_ranks) + ": with " +
                     std::to_string(ranks) + (ranks == 1 ? " rank" : " ranks") + " and " +
                     std::to_string(validators) + " validators at most " + std::to_string(most));
  }
  return {ranks, settings.meters, validators, settings.validator_ranks};
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
  if (writes_archive) check_traffic(settings.traffic, faults);
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

}  // namespace gridtally::solve
