#include <iostream>

#include "cli/options.hpp"
#include "cli/run_app.hpp"
#include "model/community_folder.hpp"
#include "scenario/scenario.hpp"

namespace {

using gridtally::ExitStatus;

ExitStatus generate_community(int argc, char** argv) {
  gridtally::scenario::GenerateOptions wanted;
  std::filesystem::path output = "community";
  bool random_partners = false;
  bool force = false;
  gridtally::cli::Options options(
      "gridtally-generate",
      "Writes a community folder of made-up homes: hourly load, PV, wind, batteries, flexible\n"
      "appliances and a time-of-use tariff. The same options give the same files everywhere.");
  options.option("prosumers", wanted.prosumers, "homes", "size of the community", {1, 10'000'000})
      .option("days", wanted.days, "days", "length of the study", {1, 3660})
      .option("seed", wanted.seed, "", "chooses weather, habits and partners")
      .option("partners", wanted.partners, "homes",
              "with whom a home may trade: an even number of neighbours; 0: everyone",
              {0, 10'000'000})
      .flag("random-partners", random_partners, "partners anywhere instead of nearby")
      .option("output", output, "", "community folder to write")
      .flag("force", force, "write into a folder that exists already");
  if (!options.parse(argc, argv)) return ExitStatus::success;
  if (random_partners && wanted.partners == 0) {
    throw gridtally::InputError(
        "--random-partners: give --partners K too; without, everyone trades with everyone");
  }
  if (random_partners) wanted.acquaintance = gridtally::scenario::Acquaintance::strangers;
  gridtally::model::refuse_existing(output, force);

  const auto community = gridtally::scenario::generate(wanted);
  gridtally::model::write_community(community, output);
  std::cout << "wrote " << output.string() << ": " << wanted.prosumers << " homes, " << wanted.days
            << " days of 24 slots, seed " << wanted.seed << '\n';
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) { return gridtally::cli::run_app(argc, argv, generate_community); }
