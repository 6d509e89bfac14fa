#include "solve/report.hpp"

#include <cstdlib>
#include <ostream>

#include "base/error.hpp"
#include "base/text.hpp"

namespace gridtally::solve {

namespace {

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string in_seconds(const char* name, double seconds, const cluster::RunSeconds& of) {
  return "  " + std::string(name) + " " + to_fixed(seconds, 3) + " s (" +
         to_fixed(100.0 * seconds / of.total, 1) + " %)";
}

std::string in_megabytes(std::uint64_t bytes) {
  return to_fixed(static_cast<double>(bytes) / 1e6, 1) + " MB";
}

void print_timings(const std::vector<cluster::RankReport>& ranks, std::ostream& out) {
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    const auto& of = ranks[rank].seconds;
    out << "rank " << rank << ": " << to_fixed(of.total, 3) << " s:" << in_seconds("qp", of.qp, of)
        << in_seconds("ledger", of.ledger(), of) << in_seconds("archive", of.archive, of)
        << in_seconds("waiting", of.waiting, of) << in_seconds("background", of.background, of)
        << "  memory " << in_megabytes(ranks[rank].memory_before) << " before the first block, "
        << in_megabytes(ranks[rank].memory) << " at most\n";
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
  if (settings.timings) print_timings(summary.ranks, out);
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
  const bool under_mpirun = std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr;
  const char* script = std::getenv("GRIDTALLY_MPIRUN");  // set by jobs/mpirun.sh
  const std::string mpirun = script == nullptr ? "mpirun" : word(script);
  const std::string start = under_mpirun ? mpirun : ranks > 1 ? "srun" : "";
  return (start.empty() ? "" : start + " -n " + std::to_string(ranks) + " ") + word(program) +
         " --resume " + word(settings.archive.string());
}

}  // namespace gridtally::solve
