// Time of one prosumer's problem from nothing: the batch kernel, and the dense interior-point
// method of the tests as yardstick. `us_per_qp` is the median over the instances.
#include <benchmark/benchmark.h>

#include "batches.hpp"
#include "qp/dense_reference.hpp"
#include "registry.hpp"

namespace gridtally::bench {

namespace {

void primal_cold(benchmark::State& state) {
  const auto days = instances();
  std::vector<qp::Task> tasks;
  for (const auto& day : days) tasks.push_back(day->task());
  std::vector<qp::Solution> solutions(days.size(), qp::Solution(slots));
  Batches batches(tasks.size(), static_cast<int>(state.range(0)));
  for (auto _ : state) batches.solve(tasks, solutions, qp::Start::cold);
  state.counters["us_per_qp"] = batches.median_microseconds();
  state.counters["unsolved"] = static_cast<double>(count_unsolved(solutions));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * tasks.size()));
}

// A tenth of a second a QP: every twentieth instance is enough for a yardstick.
void primal_dense_reference(benchmark::State& state) {
  const auto days = instances();
  std::vector<double> microseconds;
  for (auto _ : state) {
    microseconds.clear();
    for (std::size_t i = 0; i < days.size(); i += 20) {
      const auto start = std::chrono::steady_clock::now();
      benchmark::DoNotOptimize(qp::dense_proximal_optimum(*days[i]));
      microseconds.push_back(microseconds_since(start));
    }
  }
  state.counters["us_per_qp"] = median(microseconds);
}

}  // namespace

void register_primal() {
  auto* cold = benchmark::RegisterBenchmark("primal_cold", primal_cold);
  for (int lanes = 1; lanes <= qp::supported_lanes(); lanes *= 2) cold->Arg(lanes);
  cold->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark("primal_dense_reference", primal_dense_reference)
      ->Iterations(1)
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace gridtally::bench
