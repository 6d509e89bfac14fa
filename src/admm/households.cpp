#include "admm/households.hpp"

#include <string>
#include <utility>

#include "admm/schedule.hpp"
#include "admm/shortage.hpp"
#include "base/error.hpp"

namespace gridtally::admm {

qp::DayProblem day_problem(const PublicTerms& terms, const Household& household,
                           std::size_t study_day, double battery_start) {
  const auto& [index, partners, prosumer, profile] = household;
  const std::size_t at = study_day * terms.slots;
  qp::DayProblem day;
  day.slots = terms.slots;
  day.grid_price = &terms.grid_price[at];
  day.reserve_price = &terms.reserve_price[at];
  day.renewable = &profile.renewable[at];
  day.inflexible = &profile.inflexible[at];
  day.flexible_reference = &profile.flexible_reference[at];
  day.flexible_min = &profile.flexible_min[at];
  day.flexible_max = &profile.flexible_max[at];
  day.peak_price = terms.peak_price;
  day.p2p_price = terms.p2p_price;
  day.battery_min = prosumer.battery_min;
  day.battery_max = prosumer.battery_max;
  day.battery_start = battery_start;
  day.battery_end = prosumer.battery_initial;
  day.charge_max = prosumer.charge_max;
  day.discharge_max = prosumer.discharge_max;
  day.efficiency = prosumer.battery_efficiency;
  day.grid_max = prosumer.grid_max;
  day.discomfort_weight = prosumer.discomfort_weight;
  day.wear_cost = prosumer.wear_cost;
  return day;
}

Households::Households(std::vector<Household> households, PublicTerms terms, int lanes)
    : households_(std::move(households)),
      terms_(std::move(terms)),
      rho_(terms_.rho),
      solver_(terms_.slots, lanes),
      tasks_(households_.size()) {
  for (const auto& household : households_) {
    battery_next_.push_back(household.prosumer.battery_initial);
  }
  premiums_.resize(households_.size() * terms_.slots);
  start_day(0);
}

void Households::start_day(std::size_t day) {
  day_ = day;
  battery_ = battery_next_;
  problems_.clear();
  for (std::size_t i = 0; i < size(); ++i) {
    problems_.push_back(day_problem(terms_, households_[i], day, battery_[i]));
  }
  cost_alone_.clear();
  // The first step of a day starts cold, so that a day can be replayed without the one before.
  for (auto& iterate : iterates_) iterate.forget();
}

std::span<const double> Households::row_of(std::span<const double> community, std::size_t i) const {
  return community.subspan(households_[i].index * terms_.slots, terms_.slots);
}

template <class TargetOf>
void Households::solve_all(qp::Mode mode, const TargetOf& target_of,
                           std::vector<qp::Solution>& solutions, const char* purpose) {
  solutions.resize(size(), qp::Solution(terms_.slots));  // held from the first use on
  for (std::size_t i = 0; i < size(); ++i) {
    tasks_[i] = {&problems_[i], target_of(i), static_cast<double>(households_[i].partners) / rho_};
  }
  const auto start = mode == qp::Mode::proximal ? qp::Start::warm : qp::Start::cold;
  solver_.solve(mode, tasks_, solutions, start);
  for (std::size_t i = 0; i < size(); ++i) {
    if (solutions[i].status == qp::Status::solved) continue;
    throw Error("prosumer '" + households_[i].prosumer.name + "', day " + std::to_string(day_) +
                ": its " + purpose + " problem was not solved in " +
                std::to_string(solutions[i].iterations) +
                " iterations; check its profiles and limits for extreme values");
  }
}

void Households::solve(std::span<const double> offers, double rho) {
  rho_ = rho;
  solve_all(
      qp::Mode::proximal, [&](std::size_t i) { return row_of(offers, i).data(); }, iterates_,
      "primal");
}

double Households::theta(std::size_t i, std::size_t t) const {
  if (households_[i].partners == 0) return 0.0;
  return (iterates_[i].price[t] - terms_.p2p_price) / rho_;
}

void Households::solve_alone() {
  const std::vector<double> nothing(terms_.slots, 0.0);
  std::vector<double> change(terms_.slots);
  solve_all(
      qp::Mode::fixed, [&](std::size_t) { return nothing.data(); }, schedules_, "no-trade");
  for (std::size_t i = 0; i < size(); ++i) {
    if (const auto shortage = find_shortage(problems_[i], schedules_[i])) {
      throw Error("prosumer '" + households_[i].prosumer.name + "', day " + std::to_string(day_) +
                  ", slot " + std::to_string(shortage->slot) + ": " + to_text(*shortage));
    }
    make_exact(problems_[i], nothing, schedules_[i], change);
    cost_alone_.push_back(qp::cost(problems_[i], schedules_[i]));
  }
}

// Whoever has no partner has s = 0, for which any q gives a bound (model.md 4): its own marginal
// price gives a tight one.
void Households::choose_premiums(const market::ClearingPrices& prices) {
  for (std::size_t i = 0; i < size(); ++i) {
    const auto shared = prices.of(households_[i].index);
    double* q = &premiums_[i * terms_.slots];
    for (std::size_t t = 0; t < terms_.slots; ++t) {
      q[t] = households_[i].partners > 0 ? shared[t] : iterates_[i].price[t] - terms_.p2p_price;
    }
  }
}

std::vector<Answer> Households::settle(std::span<const double> net_trades,
                                       const market::ClearingPrices& prices) {
  if (cost_alone_.empty()) solve_alone();
  choose_premiums(prices);
  solve_all(
      qp::Mode::fixed, [&](std::size_t i) { return row_of(net_trades, i).data(); }, schedules_,
      "schedule");
  solve_all(
      qp::Mode::linear, [&](std::size_t i) { return &premiums_[i * terms_.slots]; }, bounds_,
      "lower-bound");
  std::vector<Answer> answers(size());
  for (std::size_t i = 0; i < size(); ++i) {
    auto& answer = answers[i];
    answer.change.resize(terms_.slots);
    answer.accepted = make_exact(problems_[i], row_of(net_trades, i), schedules_[i], answer.change);
    answer.cost = qp::cost(problems_[i], schedules_[i]);
    answer.cost_alone = cost_alone_[i];
    answer.bound = qp::dual_bound(problems_[i], &premiums_[i * terms_.slots], bounds_[i]);
  }
  return answers;
}

void Households::adopt_schedules() {
  for (std::size_t i = 0; i < size(); ++i) {
    battery_next_[i] = schedules_[i].stored[terms_.slots - 1];
  }
}

}  // namespace gridtally::admm
