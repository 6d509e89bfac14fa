#include <algorithm>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "archive/archive_writer.hpp"
#include "cli/options.hpp"
#include "cli/run_app.hpp"
#include "cluster/governance.hpp"
#include "cluster/private_output.hpp"
#include "cluster/trading_run.hpp"
#include "meter/meter_group.hpp"
#include "model/community_folder.hpp"
#include "solve/settings.hpp"

namespace {

using namespace gridtally;

std::ostream& voice(const cluster::MpiSession& session, std::ostringstream& silence) {
  return session.rank() == 0 ? std::cout : static_cast<std::ostream&>(silence);
}

// A fault in the middle of a run is known to one rank: it speaks, and all end.
template <class Run>
auto run_or_end_all(const cluster::MpiSession& session, Run run) {
  try {
    return run();
  } catch (...) {
    const auto failure = cli::current_failure("gridtally-solve");
    std::cerr << failure.text << std::flush;
    session.abort(static_cast<int>(failure.status));
  }
}

ExitStatus solve_community(const cluster::MpiSession& session, int argc, char** argv) {
  std::ostringstream silence;
  std::ostream& out = voice(session, silence);

  solve::Settings settings;
  if (!solve::read_settings(argc, argv, settings, out)) return ExitStatus::success;

  model::Community community;
  cluster::Secrets secrets;
  std::optional<cluster::Layout> layout;
  cluster::run_together([&] {
    std::vector<std::string> faults;
    const auto note = [&](const auto& step) {
      try {
        step();
      } catch (const InputError& error) {
        faults.insert(faults.end(), error.faults().begin(), error.faults().end());
      }
    };
    note([&] { solve::check(settings, session.rank() == 0); });
    note([&] {
      community = model::read_community(settings.community);
      solve::apply(settings, community);
    });
    if (!faults.empty()) throw InputError(faults);
    layout.emplace(session.ranks(), settings.meters, settings.validators + settings.candidates);
    cluster::check(settings.faults, layout->validators(), layout->meters());
    secrets = cluster::load_secrets(community, *layout, session.rank(), settings.keys);
  });

  const cluster::Network network;
  const auto setup = cluster::make_genesis(community, settings.rules(), *layout, network, secrets);
  const auto& genesis = setup.genesis;
  auto conduct = settings.conduct();
  conduct.ballots = cluster::sign_ballots(settings.votes, genesis, setup.validator_keys, *layout,
                                          network, secrets);
  cluster::run_together(
      [&] { meter::check_days_alone(genesis, secrets.private_files, settings.lanes); });
  if (settings.talk() != cluster::Talk::quiet) solve::announce(settings, genesis, *layout, out);
  const auto summary = run_or_end_all(session, [&] {
    return cluster::run_market(genesis, *layout, network, std::move(secrets), settings.output(),
                               conduct);
  });
  return solve::conclude(settings, genesis, summary, out);
}

}  // namespace

int main(int argc, char** argv) {
  const cluster::MpiSession session(&argc, &argv);
  const auto speaks = [&] { return session.rank() == 0; };
  return cli::run_app(
      "gridtally-solve", [&] { return solve_community(session, argc, argv); }, speaks);
}
