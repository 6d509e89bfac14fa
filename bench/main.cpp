#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "cli/run_app.hpp"
#include "instances.hpp"
#include "registry.hpp"

namespace {

using gridtally::ExitStatus;

// --export FILE COUNT: writes instances for other solvers instead of timing.
ExitStatus export_instances(int argc, char** argv) {
  const long count = argc == 4 ? std::atol(argv[3]) : 0;
  if (count < 1 || count > static_cast<long>(gridtally::bench::instance_count)) {
    throw gridtally::InputError("usage: gridtally-bench --export FILE COUNT, COUNT from 1 to 200");
  }
  gridtally::bench::write_instances(gridtally::bench::instances(), static_cast<std::size_t>(count),
                                    argv[2]);
  return ExitStatus::success;
}

ExitStatus run(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--export") return export_instances(argc, argv);
  gridtally::bench::register_primal();
  gridtally::bench::register_warm();
  gridtally::bench::register_contract();
  gridtally::bench::register_private_files();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return ExitStatus::bad_input;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) { return gridtally::cli::run_app(argc, argv, run); }
