#include "scale/settings.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "cli/options.hpp"
#include "cluster/genesis_setup.hpp"
#include "model/community_folder.hpp"

namespace gridtally::scale {

namespace {

constexpr const char* summary =
    "Runs one day of Algorithm 1 without the ledger, the prosumers spread over MPI ranks, and "
    "says\n"
    "where time and memory went. For large communities and scaling studies; every number of the\n"
    "iteration is the same on any number of ranks. Options with one dash are PETSc's: -log_view,\n"
    "-mat_partitioning_type ...; put them last.";

void check(const Settings& settings) {
  if (settings.placement != "partners" && settings.placement != "blocks") {
    throw InputError("placement is '" + settings.placement + "'; give partners or blocks");
  }
}

}  // namespace

bool read_settings(const std::vector<char*>& arguments, Settings& settings, std::ostream& out) {
  settings.homes.prosumers = 1000;
  cli::Options options("gridtally-scale", summary);
  options.argument("COMMUNITY", settings.folder, "community folder; without it, homes are made up",
                   false);
  options.option("prosumers", settings.homes.prosumers, "homes", "made up", {1, 10'000'000})
      .option("seed", settings.homes.seed, "", "of made-up homes")
      .option("partners", settings.homes.partners, "homes",
              "of a made-up home, an even number of neighbours; 0: everyone", {0, 10'000'000})
      .flag("random-partners", settings.random_partners, "partners anywhere instead of nearby")
      .option("day", settings.day, "",
              "of the study, the first is 0; batteries at their initial level", {0, 3659})
      .option("iterations", settings.iterations, "",
              "how many; 0: until the residual is below epsilon", {0, 1'000'000})
      .option("rho", settings.rho, "cents/kWh^2",
              "fixed ADMM penalty instead of the community's; 0: adapted", {0, 1e12})
      .option("epsilon", settings.epsilon, "kWh", "stop test instead of the community's", {0, 1e9})
      .option("placement", settings.placement, "",
              "partners: cut few pairs of a partner graph; blocks: in the order of prosumers")
      .option("lanes", settings.lanes, "", "of the QP kernels: 1, 2, 4, 8; 0: the widest", {0, 8})
      .flag("json", settings.json, "print the figures as JSON");
  if (!options.parse(static_cast<int>(arguments.size()), arguments.data(), out)) return false;
  if (settings.random_partners && settings.homes.partners == 0) {
    throw InputError(
        "--random-partners: give --partners K too; without, everyone trades with everyone");
  }
  settings.homes.days = settings.day + 1;
  if (settings.random_partners) {
    settings.homes.acquaintance = scenario::Acquaintance::strangers;
  }
  return true;
}

model::Community public_part(const Settings& settings) {
  check(settings);
  if (settings.folder.empty()) return scenario::generate_public(settings.homes);
  auto community = model::read_community(settings.folder);
  if (settings.day >= community.settings.days) {
    throw InputError("day is " + std::to_string(settings.day) + "; " + settings.folder.string() +
                     " has days 0 to " + std::to_string(community.settings.days - 1));
  }
  return community;
}

model::Community with_homes(const Settings& settings, model::Community known,
                            std::span<const std::uint32_t> numbers) {
  if (settings.folder.empty()) {
    scenario::generate_homes(settings.homes, numbers, known);
    return known;
  }
  const auto prosumers = std::exchange(known.prosumers, {});
  const auto profiles = std::exchange(known.profiles, {});
  for (const auto u : numbers) {
    known.prosumers.push_back(prosumers[u]);
    known.profiles.push_back(profiles[u]);
  }
  return known;
}

market::Terms take_terms(const Settings& settings, model::Community& known) {
  const auto& own = known.settings;
  const double fixed = settings.rho.value_or(own.rho);
  market::Terms terms;
  terms.form = known.partners.has_limits() ? market::Form::pairwise : market::Form::collapsed;
  terms.slots = static_cast<std::size_t>(own.slots_per_day);
  terms.rho = fixed > 0.0 ? fixed : cluster::first_rho(known);
  terms.memory = fixed > 0.0 ? 0 : cluster::remembered_steps;
  terms.epsilon = settings.iterations > 0 ? 0.0 : settings.epsilon.value_or(own.epsilon);
  terms.max_iterations = settings.iterations > 0 ? settings.iterations : own.max_iterations;
  terms.p2p_price = own.p2p_price;
  terms.graph = std::move(known.partners);
  return terms;
}

}  // namespace gridtally::scale
