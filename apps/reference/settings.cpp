#include "reference/settings.hpp"

#include <string>

#include "base/error.hpp"
#include "cli/options.hpp"
#include "model/community_folder.hpp"
#include "scenario/scenario.hpp"

namespace gridtally::reference_app {

namespace {

constexpr std::uint64_t most_prosumers = 10'000'000;

reference::Method method_named(const std::string& text) {
  using reference::Method;
  for (const auto method : {Method::automatic, Method::eliminate, Method::kkt}) {
    if (text == name(method)) return method;
  }
  throw InputError("--method: \"" + text + "\" is not auto, eliminate or kkt");
}

void check_source(const Settings& settings) {
  const bool generated = !settings.generate.empty();
  if (settings.community.has_value() == generated) {
    throw InputError(generated
                         ? "give COMMUNITY or --generate, not both"
                         : "argument COMMUNITY is missing: a community folder, or --generate "
                           "PROSUMERS,SEED; put it before PETSc's options, whose values it could "
                           "be taken for");
  }
  if (!generated) return;
  const auto& given = settings.generate;
  if (given.size() != 2 || given[0] < 1 || given[0] > most_prosumers) {
    throw InputError("--generate: give two numbers, PROSUMERS,SEED, the first from 1 to " +
                     std::to_string(most_prosumers));
  }
}

}  // namespace

std::string name(reference::Method method) {
  switch (method) {
    case reference::Method::automatic:
      return "auto";
    case reference::Method::eliminate:
      return "eliminate";
    case reference::Method::kkt:
      break;
  }
  return "kkt";
}

bool read_settings(const std::vector<char*>& words, Settings& settings, std::ostream& out) {
  std::string method = name(settings.method);
  cli::Options options(
      "gridtally-reference",
      "Solves a day of the whole community as one quadratic programme, without the ledger: the\n"
      "yardstick for gridtally-solve. Days 0 to --day are solved in order, each from the battery\n"
      "levels at which the day before ended. Runs on any number of MPI ranks. Options of PETSc\n"
      "(-log_view, -ksp_type cg, ...) have one dash and come last, or follow a --.");
  options
      .argument("COMMUNITY", settings.community, "community folder; absent with --generate", false)
      .option("day", settings.day, "", "study day, counted from 0", {0, 3659})
      .option("generate", settings.generate, "",
              "PROSUMERS,SEED: the homes of gridtally-generate, made in memory")
      .option("method", method, "",
              "eliminate: prosumers eliminated, prices left; kkt: the whole system, which limits "
              "of trade need; auto: eliminate where it can")
      .option("gap", settings.accuracy.gap, "",
              "stop when optimum and dual bound are this close, relative", {1e-13, 1.0})
      .option("max-iterations", settings.accuracy.max_iterations, "", "a day", {1, 10'000})
      .flag("json", settings.json, "print one JSON object; money in cents");
  if (!options.parse(static_cast<int>(words.size()), words.data(), out)) return false;
  settings.method = method_named(method);
  check_source(settings);
  return true;
}

model::Community load(const Settings& settings) {
  if (!settings.community) {
    return scenario::generate(
        {static_cast<int>(settings.generate[0]), settings.day + 1, settings.generate[1]});
  }
  auto community = model::read_community(*settings.community);
  if (settings.day >= community.settings.days) {
    throw InputError("--day " + std::to_string(settings.day) + ": " + settings.community->string() +
                     " has data for days 0 to " + std::to_string(community.settings.days - 1));
  }
  return community;
}

}  // namespace gridtally::reference_app
