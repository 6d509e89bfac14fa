#include "reference/study.hpp"

#include <string>
#include <utility>

#include "base/error.hpp"
#include "reference/clearing.hpp"
#include "reference/kkt_clearing.hpp"

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

Study::Study(MPI_Comm ranks, model::Community community, Method method)
    : ranks_(ranks),
      method_(method),
      rank_(rank_in(ranks)),
      terms_{static_cast<std::size_t>(community.settings.slots_per_day),
             community.settings.peak_price, community.settings.p2p_price,
             std::move(community.tariff)},
      market_(market_nodes(community.partners)),
      layout_(make_layout(market_, size_of(ranks))) {
  const bool lines = !market_.lines.empty();
  if (method_ == Method::eliminate && lines) {
    throw InputError("limits of trade couple prosumers beyond their prices: " +
                     std::to_string(market_.lines.size()) +
                     " pairs of nodes are joined by limits, which only the kkt method solves");
  }
  if (method_ == Method::automatic) method_ = lines ? Method::kkt : Method::eliminate;
  for (const auto u : layout_.prosumers_of(rank_)) {
    auto& prosumer = community.prosumers[u];
    const double level = prosumer.battery_initial;
    households_.push_back({u, std::move(prosumer), std::move(community.profiles[u]), level});
  }
}

Outcome Study::solve(std::size_t day, const Accuracy& accuracy) {
  std::vector<qp::DayProblem> days;
  days.reserve(households_.size());
  for (const auto& home : households_) days.push_back(day_problem(terms_, home, day));
  const ChunkSums sums(ranks_, layout_.node_of_chunk(), layout_.counts);
  const Part part{days, layout_.chunks_of(rank_), sums, market_, terms_};
  if (method_ == Method::kkt) {
    KktClearing clearing(ranks_, part, layout_);
    return run(clearing, accuracy);
  }
  Clearing clearing(part);
  return run(clearing, accuracy);
}

template <class AnyClearing>
Outcome Study::run(AnyClearing& clearing, const Accuracy& accuracy) {
  Outcome outcome = clearing.solve(accuracy);
  const auto levels = clearing.end_levels();
  for (std::size_t i = 0; i < households_.size(); ++i) households_[i].battery_level = levels[i];
  return outcome;
}

}  // namespace gridtally::reference
