// Time of one prosumer's problem from the solution of a neighbouring one: the target moves to and
// fro between two places whose optima are held by the same bounds (primal_warm), or by bounds of
// which one to three differ (primal_repair).
#include <benchmark/benchmark.h>

#include <bit>
#include <optional>

#include "batches.hpp"
#include "registry.hpp"

namespace gridtally::bench {

namespace {

/// Days with two targets, and the optimum at the first.
struct Pairs {
  qp::Days days;
  std::vector<std::vector<double>> moved;
  std::vector<qp::Task> here;
  std::vector<qp::Task> there;
  std::vector<qp::Solution> solutions;
};

qp::Solution solved(qp::BatchSolver& solver, const qp::Task& task) {
  qp::Solution solution(slots);
  solver.solve(qp::Mode::proximal, {&task, 1}, {&solution, 1}, qp::Start::cold);
  return solution;
}

// Variables held by another bound, or by one where they were free (two bits each).
int differences(const qp::Solution& a, const qp::Solution& b) {
  int count = 0;
  for (std::size_t t = 0; t < slots; ++t) {
    const std::uint32_t differ = a.active_set[t] ^ b.active_set[t];
    count += std::popcount((differ | differ >> 1U) & 0x55555555U);
  }
  return count;
}

// The day's target, shifted by `step` [kWh] up and down in turn.
std::vector<double> shifted(const qp::Day& day, double step) {
  auto target = day.target;
  for (std::size_t t = 0; t < slots; ++t) target[t] += t % 2 == 0 ? step : -step;
  return target;
}

// The farthest of the targets tried that makes from `least` to `most` differences.
std::optional<std::vector<double>> find_target(qp::BatchSolver& solver, const qp::Day& day,
                                               const qp::Solution& here, int least, int most) {
  for (double step = day.compliance; step > 1e-9 * day.compliance; step *= 0.7) {
    auto target = shifted(day, step);
    const auto there = solved(solver, day.task(target));
    const int count = differences(here, there);
    if (there.route == qp::Route::polished && least <= count && count <= most) return target;
    if (count < least) return std::nullopt;
  }
  return std::nullopt;
}

Pairs make_pairs(int least, int most) {
  qp::BatchSolver solver(slots);
  Pairs pairs;
  for (auto& day : instances()) {
    auto here = solved(solver, day->task());
    if (here.route != qp::Route::polished) continue;
    auto target = find_target(solver, *day, here, least, most);
    if (!target) continue;
    pairs.moved.push_back(std::move(*target));
    pairs.days.push_back(std::move(day));
    pairs.solutions.push_back(std::move(here));
  }
  for (std::size_t i = 0; i < pairs.days.size(); ++i) {
    pairs.here.push_back(pairs.days[i]->task());
    pairs.there.push_back(pairs.days[i]->task(pairs.moved[i]));
  }
  return pairs;
}

void run(benchmark::State& state, int least, int most) {
  auto pairs = make_pairs(least, most);
  if (pairs.days.empty()) {
    state.SkipWithError("no instance has such a neighbour");
    return;
  }
  Batches batches(pairs.days.size(), static_cast<int>(state.range(0)));
  for (auto _ : state) {
    batches.solve(pairs.there, pairs.solutions, qp::Start::warm);
    batches.solve(pairs.here, pairs.solutions, qp::Start::warm);
  }
  const auto cold = std::count_if(pairs.solutions.begin(), pairs.solutions.end(),
                                  [](const auto& x) { return x.route != qp::Route::active_set; });
  state.counters["us_per_qp"] = batches.median_microseconds();
  state.counters["instances"] = static_cast<double>(pairs.days.size());
  state.counters["fell_back"] = static_cast<double>(cold);
  state.SetItemsProcessed(static_cast<std::int64_t>(2 * state.iterations() * pairs.days.size()));
}

void primal_warm(benchmark::State& state) { run(state, 0, 0); }
void primal_repair(benchmark::State& state) { run(state, 1, 3); }

}  // namespace

void register_warm() {
  auto* warm = benchmark::RegisterBenchmark("primal_warm", primal_warm);
  auto* repair = benchmark::RegisterBenchmark("primal_repair", primal_repair);
  for (int lanes = 1; lanes <= qp::supported_lanes(); lanes *= 2) {
    warm->Arg(lanes);
    repair->Arg(lanes);
  }
  warm->Unit(benchmark::kMicrosecond);
  repair->Unit(benchmark::kMicrosecond);
}

}  // namespace gridtally::bench
