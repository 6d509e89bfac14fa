#include "reference/study.hpp"

#include <utility>

#include "reference/clearing.hpp"

namespace gridtally::reference {

namespace {

int size_of(MPI_Comm ranks) {
  int size = 1;
  MPI_Comm_size(ranks, &size);
  return size;
}

int rank_in(MPI_Comm ranks) {
  int rank = 0;
  MPI_Comm_rank(ranks, &rank);
  return rank;
}

}  // namespace

Study::Study(MPI_Comm ranks, model::Community community)
    : ranks_(ranks),
      rank_(rank_in(ranks)),
      terms_{static_cast<std::size_t>(community.settings.slots_per_day),
             community.settings.peak_price, community.settings.p2p_price,
             std::move(community.tariff)},
      market_(market_nodes(community.partners)),
      layout_(make_layout(market_, size_of(ranks))) {
  for (const auto u : layout_.prosumers_of(rank_)) {
    households_.push_back({u, market_.node_of[u], std::move(community.prosumers[u]),
                           std::move(community.profiles[u])});
    households_.back().battery_level = households_.back().prosumer.battery_initial;
  }
}

Outcome Study::solve(std::size_t day, const Accuracy& accuracy) {
  std::vector<qp::DayProblem> days;
  days.reserve(households_.size());
  for (const auto& home : households_) days.push_back(day_problem(terms_, home, day));
  return clear(days, accuracy);
}

Outcome Study::clear(std::span<const qp::DayProblem> days, const Accuracy& accuracy) {
  const ChunkSums sums(ranks_, layout_.node_of_chunk(), layout_.counts);
  Clearing clearing(days, layout_.chunks_of(rank_), terms_, sums, market_.nodes);
  const Outcome outcome = clearing.solve(accuracy);
  adopt(clearing.end_levels());
  return outcome;
}

void Study::adopt(const std::vector<double>& end_levels) {
  for (std::size_t i = 0; i < households_.size(); ++i) {
    households_[i].battery_level = end_levels[i];
  }
}

}  // namespace gridtally::reference
