#include <algorithm>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "archive/archive_writer.hpp"
#include "archive/library.hpp"
#include "base/process.hpp"
#include "cli/options.hpp"
#include "cli/run_app.hpp"
#include "cluster/governance.hpp"
#include "cluster/key_registry.hpp"
#include "cluster/private_output.hpp"
#include "cluster/run_folder.hpp"
#include "cluster/stop_request.hpp"
#include "cluster/trading_run.hpp"
#include "meter/meter_group.hpp"
#include "model/community_folder.hpp"
#include "solve/report.hpp"
#include "solve/resumption.hpp"
#include "solve/settings.hpp"
#include "solve/traffic_table.hpp"

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
  } catch (const cluster::CommonError&) {
    throw;
  } catch (...) {
    const auto failure = cli::current_failure("gridtally-solve");
    std::cerr << failure.text << "gridtally-solve: so rank " << session.rank() << " on "
              << cluster::host_name() << " ended all\n"
              << std::flush;
    session.abort(static_cast<int>(failure.status));
  }
}

struct Inputs {
  model::Community community;
  cluster::Secrets secrets;
  std::optional<cluster::Layout> layout;
};

// Every fault of options and inputs at once. Collective over all ranks.
Inputs read_inputs(solve::Settings& settings, const cluster::MpiSession& session,
                   const std::filesystem::path& kept_keys) {
  Inputs in;
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
      in.community = model::read_partial_community(settings.community, settings.homes);
      solve::apply(settings, in.community);
    });
    if (!faults.empty()) throw InputError(faults);
    in.layout = solve::make_layout(settings, session.ranks());
    cluster::check(settings.faults, in.layout->validators(), in.layout->meters());
    const auto keys = settings.goes_on && settings.keys.empty() ? kept_keys : settings.keys;
    in.secrets =
        cluster::load_secrets(in.community, *in.layout, session.rank(), keys, settings.homes);
  });
  return in;
}

// The last check before anything is written. Collective over all ranks.
void check_run(const solve::Settings& settings, const cluster::Setup& setup,
               const std::vector<archive::PrivateFile>& private_files, int rank) {
  const auto& genesis = setup.genesis;
  cluster::run_together([&] {
    if (rank == 0 && !settings.registry.empty()) {
      cluster::check_registered(cluster::read_key_registry(settings.registry), setup);
    }
    if (!settings.goes_on) {
      meter::check_days_alone(genesis, private_files, settings.lanes);
    } else if (rank == 0) {
      solve::require_same_run(settings.archive, genesis);
    }
  });
}

ExitStatus solve_community(const cluster::MpiSession& session, int argc, char** argv) {
  const auto start = cluster::Clock::now();
  const int rank = session.rank();
  std::ostringstream silence;
  std::ostream& out = voice(session, silence);

  solve::Settings settings;
  if (!solve::read_settings(argc, argv, settings, out)) return ExitStatus::success;
  const cluster::Network network;
  solve::Resumption found;
  if (!settings.resume.empty()) found = solve::find_resumption(settings, network);
  cluster::RunFolder folder(settings.archive);
  if (found.kind == solve::Resumption::Kind::ended) {
    folder.remove(rank);
    if (settings.talk() != cluster::Talk::quiet) out << found.text << "\n";
    return found.status;
  }
  if (found.kind == solve::Resumption::Kind::go_on) {
    settings = {};
    solve::read_settings(argc, argv, settings, out, found.text);
    settings.goes_on = true;
  }

  auto inputs = read_inputs(settings, session, folder.keys());
  auto& secrets = inputs.secrets;
  const auto& layout = *inputs.layout;
  const auto setup =
      cluster::make_genesis(inputs.community, settings.rules(), layout, network, secrets);
  const auto& genesis = setup.genesis;
  auto conduct = settings.conduct();
  conduct.ballots = cluster::sign_ballots(settings.votes, genesis, setup.validator_keys, layout,
                                          network, secrets);
  if (settings.wall_time) conduct.end = start + *settings.wall_time;
  check_run(settings, setup, secrets.private_files, rank);
  if (settings.talk() != cluster::Talk::quiet) solve::announce(settings, genesis, layout, out);
  if (settings.goes_on) {
    folder.reopen(rank);
  } else {
    folder.begin(secrets, layout, rank, settings.kept, settings.keys.empty());
  }
  const auto summary = run_or_end_all(session, [&] {
    return cluster::run_market(genesis, layout, network, std::move(secrets), settings.output(),
                               conduct);
  });
  if (summary.halted.empty() && summary.stopped.empty()) folder.remove(rank);
  if (rank == 0 && !settings.traffic.empty()) {
    solve::write_traffic(settings.traffic, layout, summary.ranks);
  }
  const auto go_on = solve::command_to_go_on(settings, argv[0], session.ranks());
  return solve::conclude(settings, genesis, summary, go_on, out);
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  cluster::heed_stop_signals();  // also while inputs are read: the run then stops at once
  archive::start_hdf5();
  const cluster::MpiSession session(&argc, &argv);
  const auto speaks = [&] { return session.rank() == 0; };
  return cli::run_app(
      "gridtally-solve", [&] { return solve_community(session, argc, argv); }, speaks);
}
