#include <chrono>
#include <functional>
#include <iostream>
#include <sstream>

#include "cli/run_app.hpp"
#include "petsc/session.hpp"
#include "reference/report.hpp"
#include "reference/settings.hpp"
#include "reference/study.hpp"

namespace {

using namespace gridtally;

class Clock {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void solve_days(reference::Study& study, const reference_app::Settings& settings,
                reference_app::Report& report) {
  for (int day = 0; day <= settings.day; ++day) {
    const Clock clock;
    const auto outcome = study.solve(static_cast<std::size_t>(day), settings.accuracy);
    report.days.push_back({outcome, clock.seconds()});
    if (!outcome.solved) return;
  }
}

// A fault of PETSc or MUMPS may be known to one rank only: it speaks, and all end.
void solve_or_end_all(const petsc::Session& session, const std::function<void()>& solve) {
  try {
    solve();
  } catch (const Error& error) {
    if (error.status() == ExitStatus::not_converged || session.ranks() == 1) throw;
    const auto failure = cli::current_failure("gridtally-reference");
    std::cerr << failure.text << std::flush;
    session.abort(static_cast<int>(failure.status));
  }
}

void name_unused_options(const petsc::Session& session) {
  if (session.rank() != 0) return;
  for (const auto& option : session.unused_options()) {
    std::cerr << "gridtally-reference: warning: PETSc had no use for " << option
              << "; the eliminate method takes no option of a linear solver\n";
  }
}

ExitStatus run(const petsc::Session& session) {
  const Clock clock;
  std::ostringstream silence;
  std::ostream& out = session.rank() == 0 ? std::cout : static_cast<std::ostream&>(silence);
  reference_app::Settings settings;
  if (!reference_app::read_settings(session.arguments(), settings, out)) return ExitStatus::success;
  model::Community community;
  petsc::run_together([&] { community = reference_app::load(settings); });

  reference::Study study(PETSC_COMM_WORLD, std::move(community), settings.method);
  reference_app::Report report;
  report.prosumers = study.prosumers();
  report.nodes = study.market().nodes;
  report.lines = study.market().lines.size();
  report.ranks = session.ranks();
  report.method = reference_app::name(study.method());
  solve_or_end_all(session, [&] { solve_days(study, settings, report); });
  name_unused_options(session);
  report.seconds_in_all = clock.seconds();
  out << (settings.json ? report.json() : report.text());
  report.require_solved(settings.accuracy);
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr const char* name = "gridtally-reference";
  return cli::run_app(name, [&] {
    const petsc::Session session(argc, argv);
    return static_cast<ExitStatus>(cli::run_app(
        name,
        [&] {
          try {
            return run(session);
          } catch (...) {
            session.forget_options();
            throw;
          }
        },
        [&] { return session.rank() == 0; }));
  });
}
