// Throughput and confirmation delay of the ledger, as the paper's Fig. 4 measures its own.
#include <fstream>
#include <iostream>

#include "base/error.hpp"
#include "cli/run_app.hpp"
#include "cluster/network.hpp"
#include "ledger_bench/bench.hpp"
#include "ledger_bench/rates.hpp"
#include "ledger_bench/summary.hpp"

namespace {

using namespace gridtally;
using namespace gridtally::ledger_bench;

constexpr const char* name = "gridtally-ledger-bench";

// The last rank decides what is measured next; the others do what they are told.
class Protocol {
 public:
  explicit Protocol(const Settings& settings) : settings_(settings) {
    if (settings.output.empty()) return;
    file_.open(settings.output);
    if (!file_) throw InputError(settings.output.string() + ": cannot be written");
    file_ << csv_header();
  }

  void run() {
    std::cout << terminal_header() << std::flush;
    std::string summaries;
    for (const auto validators : settings_.validators) {
      RateSearch search(settings_.rates);
      while (const auto rate = search.next()) search.take(measure({validators, *rate}));
      summaries += "\n" + summary(search);
    }
    share_task({});
    std::cout << summaries;
  }

 private:
  Step measure(const Task& task) {
    const auto step = run_step(settings_, share_task(task)).value();
    if (file_.is_open()) file_ << csv_line(step) << std::flush;
    std::cout << terminal_line(step) << std::flush;
    return step;
  }

  const Settings& settings_;
  std::ofstream file_;
};

void obey(const Settings& settings) {
  for (;;) {
    const Task task = share_task({});
    if (task.validators == 0) return;
    run_step(settings, task);
  }
}

ExitStatus bench(int argc, char** argv, const cluster::MpiSession& session) {
  Settings settings;
  const bool leads = session.rank() == session.ranks() - 1;
  std::ostream silence(nullptr);
  if (!read_settings(argc, argv, session.ranks(), settings, leads ? std::cout : silence)) {
    return ExitStatus::success;
  }
  try {
    leads ? Protocol(settings).run() : obey(settings);
  } catch (...) {
    const auto failure = cli::current_failure(name);
    std::cerr << failure.text << std::flush;
    session.abort(static_cast<int>(failure.status));
  }
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run_app(name, [&] {
    cluster::keep_processor_in_mpi();
    const cluster::MpiSession session(&argc, &argv);
    return static_cast<ExitStatus>(cli::run_app(
        name, [&] { return bench(argc, argv, session); },
        [&] { return session.rank() == session.ranks() - 1; }));
  });
}
