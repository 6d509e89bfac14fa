// Time of the contract's part of an iteration: offers (Func C) and dual update (Func A) on a
// complete graph in the collapsed and in the pairwise form, and with 20 partners each.
#include "market/contract.hpp"

#include <benchmark/benchmark.h>

#include <utility>

#include "market/random_market.hpp"
#include "registry.hpp"
#include "scenario/partners.hpp"

namespace gridtally::bench {

namespace {

void run_contract(benchmark::State& state, market::Form form, market::PartnerGraph graph) {
  market::Terms terms;
  terms.form = form;
  terms.memory = 8;  // as gridtally-solve does
  terms.graph = std::move(graph);
  market::Numbers number(1);
  const auto decisions = market::random_row(number, terms.decision_rows() * terms.slots, 1.0);
  auto iterate = market::initial_iterate(terms);
  for (auto _ : state) {
    benchmark::DoNotOptimize(market::offers(terms, iterate).data());
    market::dual_update(terms, decisions, iterate);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

market::PartnerGraph everyone(const benchmark::State& state) {
  return market::PartnerGraph::complete(static_cast<std::size_t>(state.range(0)));
}

void contract(benchmark::State& state) {
  run_contract(state, market::Form::collapsed, everyone(state));
}

void pairwise_contract(benchmark::State& state) {
  run_contract(state, market::Form::pairwise, everyone(state));
}

void partner_contract(benchmark::State& state) {
  const auto homes = static_cast<std::size_t>(state.range(0));
  run_contract(state, market::Form::collapsed, scenario::neighbours(homes, 20, 1));
}

}  // namespace

void register_contract() {
  benchmark::RegisterBenchmark("contract", contract)
      ->RangeMultiplier(10)
      ->Range(10, 100'000)
      ->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark("partner_contract", partner_contract)
      ->RangeMultiplier(10)
      ->Range(100, 100'000)
      ->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark("pairwise_contract", pairwise_contract)
      ->RangeMultiplier(10)
      ->Range(10, 1'000)
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace gridtally::bench
