// Time of one prosumer's problem: the batch kernel, and the dense interior-point method of the
// tests as yardstick. `us_per_qp` is the median over the instances.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "instances.hpp"
#include "qp/batch_solver.hpp"
#include "qp/dense_reference.hpp"
#include "registry.hpp"

namespace gridtally::bench {

namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The instances as tasks, and times of `lanes` neighbours solved side by side.
struct Batches {
  qp::Days days = instances();
  std::vector<qp::Task> tasks;
  std::vector<qp::Solution> solutions;
  std::size_t lanes;
  std::vector<double> microseconds;  ///< per QP, summed over the rounds, of each instance

  explicit Batches(std::size_t width)
      : solutions(days.size(), qp::Solution(slots)), lanes(width), microseconds(days.size(), 0.0) {
    for (const auto& day : days) tasks.push_back(day->task());
  }

  void solve_all(qp::BatchSolver& solver) {
    for (std::size_t first = 0; first < tasks.size(); first += lanes) {
      const std::size_t count = std::min(lanes, tasks.size() - first);
      const auto start = Clock::now();
      solver.solve(qp::Mode::proximal, std::span(tasks).subspan(first, count),
                   std::span(solutions).subspan(first, count));
      const double each = microseconds_since(start) / static_cast<double>(count);
      for (std::size_t i = first; i < first + count; ++i) microseconds[i] += each;
    }
  }

  [[nodiscard]] std::size_t unsolved() const {
    return static_cast<std::size_t>(
        std::count_if(solutions.begin(), solutions.end(),
                      [](const auto& x) { return x.status != qp::Status::solved; }));
  }
};

void report(benchmark::State& state, const Batches& batches) {
  const auto rounds = static_cast<double>(state.iterations());
  state.counters["us_per_qp"] = median(batches.microseconds) / rounds;
  state.counters["unsolved"] = static_cast<double>(batches.unsolved());
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * batches.tasks.size()));
}

void primal_cold(benchmark::State& state) {
  const auto lanes = static_cast<int>(state.range(0));
  qp::BatchSolver solver(slots, lanes);
  Batches batches(static_cast<std::size_t>(lanes));
  for (auto _ : state) batches.solve_all(solver);
  report(state, batches);
}

// Seconds a QP: a tenth of the instances is enough for a yardstick.
void primal_dense_reference(benchmark::State& state) {
  const auto days = instances();
  std::vector<double> microseconds;
  for (auto _ : state) {
    microseconds.clear();
    for (std::size_t i = 0; i < days.size(); i += 20) {
      const auto start = Clock::now();
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
