#include <iostream>
#include <optional>
#include <sstream>

#include "base/stopwatch.hpp"
#include "cli/run_app.hpp"
#include "parallel/trading.hpp"
#include "petsc/session.hpp"
#include "qp/batch_solver.hpp"
#include "scale/report.hpp"
#include "scale/settings.hpp"

namespace {

using namespace gridtally;

parallel::Placement place(const scale::Settings& settings, const market::Terms& terms, int ranks) {
  const bool by_partners = !terms.graph.is_complete() && settings.placement == "partners";
  return by_partners ? parallel::Placement::by_partners(terms.graph, PETSC_COMM_WORLD)
                     : parallel::Placement::in_blocks(terms.prosumers(), ranks);
}

scale::Report begin_report(const scale::Settings& settings, const market::Terms& terms,
                           const parallel::Placement& placement) {
  scale::Report report;
  report.prosumers = terms.prosumers();
  report.pairs = terms.graph.pairs();
  report.form = market::name(terms.form);
  report.placement = terms.graph.is_complete() ? "blocks" : settings.placement;
  report.lanes = settings.lanes > 0 ? settings.lanes : qp::supported_lanes();
  report.rho = terms.rho;
  if (terms.graph.is_complete())
    return report;  // every rank's sums reach every other: no pair is cut
  const auto blocks = parallel::Placement::in_blocks(terms.prosumers(), placement.ranks());
  report.cut_pairs = parallel::cut_pairs(terms.graph, placement);
  report.cut_pairs_in_blocks = parallel::cut_pairs(terms.graph, blocks);
  return report;
}

// A fault in the middle of a run is known to one rank: it speaks, and all end.
template <class Run>
auto run_or_end_all(const petsc::Session& session, Run run) {
  try {
    return run();
  } catch (...) {
    const auto failure = cli::current_failure("gridtally-scale");
    std::cerr << failure.text << std::flush;
    session.abort(static_cast<int>(failure.status));
  }
}

ExitStatus run_day(const petsc::Session& session) {
  std::ostringstream silence;
  std::ostream& out = session.rank() == 0 ? std::cout : static_cast<std::ostream&>(silence);
  scale::Settings settings;
  if (!scale::read_settings(session.arguments(), settings, out)) return ExitStatus::success;

  double startup = 0.0;
  std::optional<Stopwatch> starting(std::in_place, startup);
  model::Community community;
  petsc::run_together([&] { community = scale::public_part(settings); });
  auto terms = scale::take_terms(settings, community);
  const auto placement = place(settings, terms, session.ranks());
  const auto own = placement.owned_by(session.rank());
  petsc::run_together([&] { community = scale::with_homes(settings, std::move(community), own); });
  auto report = begin_report(settings, terms, placement);
  parallel::SharedMarket market(terms, placement, PETSC_COMM_WORLD);
  auto households =
      parallel::make_households(std::move(community), terms, own, market, settings.lanes);
  terms.graph = {};  // every rank has its part by now
  households.start_day(static_cast<std::size_t>(settings.day));
  starting.reset();

  report.startup_seconds = startup;
  report.result =
      run_or_end_all(session, [&] { return parallel::trade(terms, households, market); });
  report.ranks = scale::gather_figures(report.result, own.size(), PETSC_COMM_WORLD);
  out << (settings.json ? report.json() : report.text());
  if (report.result.converged || settings.iterations > 0) return ExitStatus::success;
  throw Error(
      "not converged: give --iterations K, a larger --epsilon, or a larger max_iterations "
      "in the community's community.cfg",
      ExitStatus::not_converged);
}

}  // namespace

int main(int argc, char** argv) {
  constexpr const char* name = "gridtally-scale";
  return cli::run_app(name, [&] {
    const petsc::Session session(argc, argv);
    return static_cast<ExitStatus>(cli::run_app(
        name, [&] { return run_day(session); }, [&] { return session.rank() == 0; }));
  });
}
