#include "preflight/report.hpp"

#include <array>
#include <cmath>

#include "base/text.hpp"
#include "report/json.hpp"

namespace gridtally::preflight {

namespace {

/// As a shell takes it for one word.
std::string word(const std::string& text) {
  const bool plain = text.find_first_of(" \t\"'$&;|<>()*?[]#~`\\") == std::string::npos;
  return plain ? text : "'" + text + "'";
}

const char* name(Level level) {
  switch (level) {
    case Level::fine:
      return "ok     ";
    case Level::warning:
      return "warning";
    case Level::failure:
      break;
  }
  return "FAILURE";
}

std::string in_megabytes(std::uint64_t bytes) {
  return to_fixed(static_cast<double>(bytes) / 1e6, 0) + " MB";
}

std::string range(const Range& of, int digits) {
  return to_fixed(of.low, digits) + " to " + to_fixed(of.high, digits);
}

std::string time_text(std::uint64_t minutes) {
  const auto rest = std::to_string(minutes % 60);
  return std::to_string(minutes / 60) + ":" + (rest.size() < 2 ? "0" : "") + rest + ":00";
}

/// What the forecast of iterations rests on.
std::string basis(const Measurement& measured) {
  if (measured.whole_day) return "a whole day";
  if (measured.milestones.size() < 2) return "too few to say how many a day takes";
  return "not a whole day: residual " + to_text(measured.milestones.front().residual) + " to " +
         to_text(measured.milestones.back().residual) + " kWh, carried on at that pace";
}

void add_range(report::Json& json, const char* name, const Range& of) {
  json.begin_object(name).member("low", of.low).member("high", of.high).end_object();
}

}  // namespace

std::string submit_line(const Request& request, const Outcome& outcome) {
  const auto archive = request.output.string();
  if (!request.hostfile.empty()) {
    return "mpirun --hostfile " + word(request.hostfile.string()) + " -n " +
           std::to_string(outcome.plan.ranks) + " gridtally-solve " +
           word(request.community.string()) + " --output " + word(archive) + " --validators " +
           std::to_string(request.validators) +
           (request.meters == 0 ? "" : " --meters " + std::to_string(request.meters));
  }
  const Request usual;
  const std::string environment =
      (request.validators == usual.validators
           ? ""
           : "GRIDTALLY_VALIDATORS=" + std::to_string(request.validators) + " ") +
      (request.meters == 0 ? "" : "GRIDTALLY_METERS=" + std::to_string(request.meters) + " ");
  constexpr double room = 1.25;
  const auto memory = static_cast<std::uint64_t>(
      std::ceil(room * static_cast<double>(outcome.forecast.memory_a_rank) / 1048576.0));
  return environment + "sbatch --nodes=" + std::to_string(request.nodes) +
         " --ntasks-per-node=" + std::to_string(request.tasks_a_node) +
         " --time=" + time_text(minutes_to_ask_for(outcome.forecast, outcome.longest)) +
         " --mem-per-cpu=" + std::to_string(memory) + "M" +
         (request.partition.empty() ? "" : " --partition=" + request.partition) +
         (request.account.empty() ? "" : " --account=" + request.account) +
         " jobs/slurm/run.sbatch " + word(request.community.string()) + " " + word(archive);
}

std::string text_report(const Request& request, const Outcome& outcome) {
  std::string text;
  for (const auto& check : outcome.checks) {
    text += std::string(name(check.level)) + "  " + check.what + ": " + check.found + "\n";
    if (!check.remedy.empty()) text += "           " + check.remedy + "\n";
  }
  const auto& measured = outcome.measured;
  const auto& forecast = outcome.forecast;
  text += "measured here, one process: " + to_fixed(measured.starting, 1) +
          " s to start and close, then " + std::to_string(measured.blocks) + " blocks in " +
          to_fixed(measured.seconds, 2) + " s, " + basis(measured) + ", " +
          in_megabytes(measured.memory) + "\n";
  text += "expected on " + std::to_string(outcome.plan.ranks) +
          " ranks: " + range(forecast.iterations, 0) + " iterations a day, " +
          range({forecast.seconds.low / 60, forecast.seconds.high / 60}, 1) + " minutes for " +
          std::to_string(outcome.plan.days) + " days; at most " +
          in_megabytes(forecast.memory_a_rank) + " on rank 0, less on others; " +
          in_megabytes(forecast.disk) + " of archive and private files\n";
  if (any_failure(outcome.checks)) return text + "not ready: see FAILURE above\n";
  const auto wanted = minutes_to_ask_for(outcome.forecast, {});
  if (request.hostfile.empty() && outcome.longest && *outcome.longest < wanted) {
    text += "a job may have " + time_text(*outcome.longest) + " at most, and this one may need " +
            time_text(wanted) + ": it queues itself again until it is done\n";
  }
  return text + submit_line(request, outcome) + "\n";
}

std::string json_report(const Request& request, const Outcome& outcome) {
  report::Json json;
  json.begin_object().member("ready", !any_failure(outcome.checks));
  json.begin_list("checks");
  for (const auto& check : outcome.checks) {
    constexpr std::array<const char*, 3> levels{"ok", "warning", "failure"};
    json.begin_object()
        .member("level", levels[static_cast<std::size_t>(check.level)])
        .member("what", check.what)
        .member("found", check.found)
        .member("remedy", check.remedy)
        .end_object();
  }
  json.end_list();
  json.begin_list("nodes");
  for (const auto& node : outcome.nodes) {
    json.begin_object()
        .member("host", node.host)
        .member("architecture", node.architecture)
        .member("mpi", node.mpi)
        .member("hdf5", node.hdf5)
        .member("cores", node.cores)
        .member("memory_bytes", node.memory)
        .member("free_disk_bytes", node.free_disk)
        .member("fsync_seconds", node.sync)
        .end_object();
  }
  json.end_list();
  json.begin_object("measured")
      .member("whole_day", outcome.measured.whole_day)
      .member("blocks", outcome.measured.blocks)
      .member("starting_seconds", outcome.measured.starting)
      .member("seconds", outcome.measured.seconds)
      .end_object();
  json.begin_object("expected");
  add_range(json, "iterations_a_day", outcome.forecast.iterations);
  add_range(json, "seconds", outcome.forecast.seconds);
  json.member("memory_a_rank_bytes", outcome.forecast.memory_a_rank)
      .member("disk_bytes", outcome.forecast.disk)
      .end_object();
  json.member("submit", submit_line(request, outcome)).end_object();
  return json.text();
}

}  // namespace gridtally::preflight
