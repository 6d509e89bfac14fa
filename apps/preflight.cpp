#include <mpi.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "base/file.hpp"
#include "base/launcher.hpp"
#include "base/text.hpp"
#include "cli/options.hpp"
#include "cli/run_app.hpp"
#include "model/community_folder.hpp"
#include "preflight/mpi_trial.hpp"
#include "preflight/program.hpp"
#include "preflight/report.hpp"

namespace {

using namespace gridtally;

struct Settings : preflight::Request {
  double measure = 30.0;
  std::uint64_t wait = 60;
  bool json = false;
  bool node_report = false;
  bool mpi_report = false;
  std::string token;
  std::optional<std::uint64_t>
      longest;  ///< that Slurm gives to a job [minutes]; set by preflight_app()
};

bool read_settings(int argc, char** argv, Settings& s) {
  cli::Options options(
      "gridtally-preflight",
      "Looks, before a job is submitted, whether its nodes can do it, runs a day of the community\n"
      "here to see how long one takes, and prints the line to submit. Asks the nodes by srun "
      "where\n"
      "there is Slurm, by mpirun with --hostfile, else only this machine. Exit status: 0 ready,\n"
      "1 something must be mended first, 2 bad input.");
  options.argument("COMMUNITY", s.community, "community folder", false)
      .option("nodes", s.nodes, "", "nodes of the job", {1, 100000})
      .option("tasks-per-node", s.tasks_a_node, "", "ranks on each", {1, 4096})
      .option("output", s.output, "", "archive that the job will write")
      .option("validators", s.validators, "", "validators of the run", {1, 1000})
      .option("meters", s.meters, "", "smart meters; 0: one a prosumer", {0, 1e7})
      .option("partition", s.partition, "", "of Slurm, for asking the nodes and for the job")
      .option("account", s.account, "", "of Slurm, likewise")
      .option("hostfile", s.hostfile, "", "hosts of mpirun instead of Slurm")
      .option("measure", s.measure, "s",
              "how long the run that is measured may take after its first block", {5, 36000})
      .option("wait", s.wait, "s", "how long to wait for nodes that Slurm has given to others",
              {1, 86400})
      .flag("json", s.json, "print the report as JSON")
      .flag("node-report", s.node_report, "what the nodes are asked: one line about this machine")
      .flag("mpi-report", s.mpi_report, "what the nodes are asked: times of letters between them")
      .option("token", s.token, "", "a file that --node-report looks for in the output's folder");
  return options.parse(argc, argv);
}

/// The folder that will hold the archive, or the nearest one above it that is there.
std::filesystem::path folder_of(const std::filesystem::path& archive) {
  auto folder = std::filesystem::absolute(archive / "").lexically_normal().parent_path();
  do folder = folder.parent_path();
  while (!std::filesystem::is_directory(folder) && folder != folder.parent_path());
  return folder;
}

/// A Slurm that answers; its commands may be there without one.
bool has_slurm() {
  static const bool answers = preflight::run({"sinfo", "--noheader"}).status == 0;
  return answers;
}

/// Without it jobs/slurm starts the ranks by mpirun, inside the job.
bool slurm_knows_pmix() {
  const auto ended = preflight::run({"srun", "--mpi=list"});
  return (ended.out + ended.errors).find("pmix") != std::string::npos;
}

/// What starts one process on each node; empty: there is only this one.
std::vector<std::string> launcher(const Settings& s, bool with_mpi) {
  const auto nodes = std::to_string(s.nodes);
  if (!s.hostfile.empty()) {
    return {"mpirun", "--hostfile", s.hostfile, "--map-by", "ppr:1:node", "-n", nodes};
  }
  if (!has_slurm()) {
    return with_mpi ? std::vector<std::string>{"mpirun", "-n", "2"} : std::vector<std::string>{};
  }
  std::vector<std::string> words{
      "srun", "--nodes=" + nodes, "--ntasks=" + nodes, "--ntasks-per-node=1",
      "--time=" + std::to_string(std::min<std::uint64_t>(5, s.longest.value_or(5)))};
  if (with_mpi) words.insert(words.end(), {"--mpi=pmix", "--kill-on-bad-exit=1"});
  if (std::getenv("SLURM_JOB_ID") != nullptr) return words;
  words.push_back("--immediate=" + std::to_string(s.wait));
  if (!s.partition.empty()) words.push_back("--partition=" + s.partition);
  if (!s.account.empty()) words.push_back("--account=" + s.account);
  return words;
}

/// That Slurm gives to a job in `partition`, or the default one [minutes]; nothing: any.
std::optional<std::uint64_t> longest_job(const std::string& partition) {
  const auto ended = preflight::run({"sinfo", "--noheader", "--format=%P %l"});
  for (const auto line : split(ended.out, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() < 2) continue;
    const bool is_it = partition.empty() ? words[0].ends_with('*')
                                         : words[0] == partition || words[0] == partition + "*";
    if (is_it) return preflight::minutes_in(std::string(words[1]));
  }
  return {};
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// As jobs/mpi_env.sh, for ranks on this machine: what is set already stays.
void set_up_mpirun() {
  for (const char* name : {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
                           "OMPI_MCA_rmaps_base_oversubscribe", "OMPI_MCA_mpi_yield_when_idle"}) {
    ::setenv(name, "1", 0);
  }
}

preflight::Ended ask(const Settings& s, bool with_mpi, std::vector<std::string> question) {
  auto command = launcher(s, with_mpi);
  command.push_back(preflight::own_folder() / "gridtally-preflight");
  command.insert(command.end(), question.begin(), question.end());
  return preflight::run(command);
}

preflight::Check nobody_answered(const preflight::Ended& ended) {
  return {preflight::Level::failure, "starting on the nodes",
          "status " + std::to_string(ended.status) + ": " +
              ended.errors.substr(0, ended.errors.find('\n', 200)),
          "the nodes must be there and free (--wait), and see this program at the same place"};
}

void ask_nodes(const Settings& s, const preflight::Needs& needs, preflight::Outcome& outcome) {
  const auto folder = folder_of(s.output);
  const auto token = ".gridtally-preflight-" + std::to_string(::getpid());
  std::optional<File> held;
  try {
    held = File::create(folder / token, 0644);
    ::flock(held->descriptor(), LOCK_EX | LOCK_NB);
  } catch (const IoError&) {
    // This node will say so itself.
  }
  const double start = seconds_now();
  const auto ended =
      ask(s, false, {"--node-report", "--output", s.output.string(), "--token", token});
  if (held) remove_file(folder / token);
  outcome.nodes = preflight::from_lines(ended.out);
  outcome.checks = check_nodes(outcome.nodes, {start, seconds_now()}, needs);
  if (ended.status != 0) outcome.checks.push_back(nobody_answered(ended));
}

void try_mpi(const Settings& s, preflight::Outcome& outcome) {
  if (s.hostfile.empty() && has_slurm() && !slurm_knows_pmix()) {
    outcome.checks.push_back({preflight::Level::warning, "MPI between the nodes",
                              "not tried: this Slurm was built without PMIx",
                              "jobs/slurm starts the ranks by mpirun, inside the job"});
    return;
  }
  const auto ended = ask(s, true, {"--mpi-report"});
  if (ended.status == 0) {
    outcome.checks.push_back(preflight::check_mpi_trial(ended.out));
    if (ended.out.find(" ranks 1 ") == std::string::npos) {
      outcome.checks.push_back(preflight::check_clock_offset(ended.out));
    }
  } else {
    auto check = nobody_answered(ended);
    check.what = "MPI between the nodes";
    outcome.checks.push_back(check);
  }
}

ExitStatus look(const Settings& s) {
  preflight::Outcome outcome;
  if (s.hostfile.empty() && !has_slurm()) set_up_mpirun();
  const auto community = model::read_community(s.community);
  outcome.plan = {community.settings.days,
                  community.settings.max_iterations,
                  s.nodes * s.tasks_a_node,
                  s.validators,
                  s.meters == 0 ? community.size() : s.meters,
                  community.settings.epsilon};
  outcome.measured = preflight::measure(s.community, s.validators, s.measure);
  outcome.forecast = preflight::forecast(outcome.measured, outcome.plan);
  outcome.longest = s.longest;
  ask_nodes(s, {s.nodes, s.tasks_a_node, outcome.forecast.memory_a_rank, outcome.forecast.disk},
            outcome);
  try_mpi(s, outcome);
  std::cout << (s.json ? json_report(s, outcome) : text_report(s, outcome));
  return any_failure(outcome.checks) ? ExitStatus::unsound : ExitStatus::success;
}

ExitStatus preflight_app(int argc, char** argv) {
  Settings settings;
  if (!read_settings(argc, argv, settings)) return ExitStatus::success;
  if (settings.output.empty()) settings.output = "archive";
  if (settings.node_report) {
    std::cout << to_line(preflight::read_node_facts(folder_of(settings.output), settings.token));
    return ExitStatus::success;
  }
  if (settings.mpi_report) {
    prepare_mpi();
    MPI_Init(&argc, &argv);
    std::cout << preflight::mpi_trial() << std::flush;
    MPI_Finalize();
    return ExitStatus::success;
  }
  if (settings.community.empty()) {
    throw InputError(
        "argument COMMUNITY is missing: community folder; see gridtally-preflight --help");
  }
  if (settings.hostfile.empty() && has_slurm()) settings.longest = longest_job(settings.partition);
  return look(settings);
}

}  // namespace

int main(int argc, char** argv) { return gridtally::cli::run_app(argc, argv, preflight_app); }
