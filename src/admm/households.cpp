#include "admm/households.hpp"

#include <string>
#include <utility>

#include "admm/schedule.hpp"
#include "base/error.hpp"

namespace gridtally::admm {

Households::Households(std::vector<Household> households, PublicTerms terms, int lanes)
    : households_(std::move(households)),
      terms_(std::move(terms)),
      rho_(terms_.rho),
      solver_(terms_.slots, lanes),
      tasks_(households_.size()) {
  for (const auto& household : households_) {
    battery_next_.push_back(household.prosumer.battery_initial);
  }
  for (auto* solutions : {&iterates_, &schedules_, &bounds_}) {
    solutions->assign(households_.size(), qp::Solution(terms_.slots));
  }
  start_day(0);
}

qp::DayProblem Households::day_problem(std::size_t i) const {
  const auto& [index, partners, prosumer, profile] = households_[i];
  const std::size_t at = day_ * terms_.slots;
  qp::DayProblem day;
  day.slots = terms_.slots;
  day.grid_price = &terms_.grid_price[at];
  day.reserve_price = &terms_.reserve_price[at];
  day.renewable = &profile.renewable[at];
  day.inflexible = &profile.inflexible[at];
  day.flexible_reference = &profile.flexible_reference[at];
  day.flexible_min = &profile.flexible_min[at];
  day.flexible_max = &profile.flexible_max[at];
  day.peak_price = terms_.peak_price;
  day.p2p_price = terms_.p2p_price;
  day.battery_min = prosumer.battery_min;
  day.battery_max = prosumer.battery_max;
  day.battery_start = battery_[i];
  day.battery_end = prosumer.battery_initial;
  day.charge_max = prosumer.charge_max;
  day.discharge_max = prosumer.discharge_max;
  day.efficiency = prosumer.battery_efficiency;
  day.grid_max = prosumer.grid_max;
  day.discomfort_weight = prosumer.discomfort_weight;
  day.wear_cost = prosumer.wear_cost;
  return day;
}

void Households::start_day(std::size_t day) {
  day_ = day;
  battery_ = battery_next_;
  problems_.clear();
  for (std::size_t i = 0; i < size(); ++i) problems_.push_back(day_problem(i));
  cost_alone_.clear();
}

// `targets`: one row a prosumer of the community, or one row shared by all.
void Households::solve_all(qp::Mode mode, std::span<const double> targets, bool shared,
                           std::vector<qp::Solution>& solutions, const char* purpose) {
  for (std::size_t i = 0; i < size(); ++i) {
    const std::size_t row = shared ? 0 : households_[i].index * terms_.slots;
    tasks_[i] = {&problems_[i], &targets[row], static_cast<double>(households_[i].partners) / rho_};
  }
  solver_.solve(mode, tasks_, solutions);
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
  solve_all(qp::Mode::proximal, offers, false, iterates_, "primal");
}

double Households::theta(std::size_t i, std::size_t t) const {
  if (households_[i].partners == 0) return 0.0;
  return (iterates_[i].price[t] - terms_.p2p_price) / rho_;
}

void Households::solve_alone() {
  const std::vector<double> nothing(terms_.slots, 0.0);
  std::vector<double> change(terms_.slots);
  solve_all(qp::Mode::fixed, nothing, true, schedules_, "no-trade");
  for (std::size_t i = 0; i < size(); ++i) {
    make_exact(problems_[i], nothing, schedules_[i], change);
    cost_alone_.push_back(qp::cost(problems_[i], schedules_[i]));
  }
}

std::vector<Answer> Households::settle(std::span<const double> net_trades,
                                       std::span<const double> premium) {
  if (cost_alone_.empty()) solve_alone();
  solve_all(qp::Mode::fixed, net_trades, false, schedules_, "schedule");
  solve_all(qp::Mode::linear, premium, true, bounds_, "lower-bound");
  std::vector<Answer> answers(size());
  for (std::size_t i = 0; i < size(); ++i) {
    auto& answer = answers[i];
    answer.change.resize(terms_.slots);
    const auto row = net_trades.subspan(households_[i].index * terms_.slots, terms_.slots);
    answer.accepted = make_exact(problems_[i], row, schedules_[i], answer.change);
    answer.cost = qp::cost(problems_[i], schedules_[i]);
    answer.cost_alone = cost_alone_[i];
    answer.bound = qp::dual_bound(problems_[i], premium.data(), bounds_[i]);
  }
  return answers;
}

void Households::adopt_schedules() {
  for (std::size_t i = 0; i < size(); ++i) {
    battery_next_[i] = schedules_[i].stored[terms_.slots - 1];
  }
}

}  // namespace gridtally::admm
