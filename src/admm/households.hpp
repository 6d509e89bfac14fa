#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "market/clearing.hpp"
#include "model/community.hpp"
#include "qp/batch_solver.hpp"
#include "qp/day_problem.hpp"

namespace gridtally::admm {

/// One prosumer as its meter knows it.
struct Household {
  std::uint32_t index = 0;   ///< in the community
  std::size_t partners = 0;  ///< n_u
  model::Prosumer prosumer;
  model::Profile profile;
};

/// What everyone knows: prices [cents/kWh], the penalty and the length of a day.
struct PublicTerms {
  std::size_t slots = 24;
  double peak_price = 0.0;
  double p2p_price = 0.0;
  double rho = 100.0;                 ///< of a solve that names none
  std::vector<double> grid_price;     ///< [day * slots + slot]
  std::vector<double> reserve_price;  ///< [day * slots + slot]
};

/// Day `day` of one household's study from battery level `battery_start` [kWh]. Points into both
/// arguments.
qp::DayProblem day_problem(const PublicTerms& terms, const Household& household, std::size_t day,
                           double battery_start);

/// A household's answer to a proposed net trade.
struct Answer {
  bool accepted = false;
  std::vector<double> change;  ///< [T] change of net trade it needs [kWh]; zeros when accepted
  double cost = 0.0;           ///< of the schedule with the proposed net trade [cents]
  double cost_alone = 0.0;     ///< of the best schedule without trading [cents]
  double bound = 0.0;          ///< its term of the lower bound [cents]
};

/// The meters' side of Algorithm 1 for the households of one rank: the primal step, and the
/// finalisation. All solves go through one batch solver. No communication.
class Households {
 public:
  Households(std::vector<Household> households, PublicTerms terms, int lanes = 0);

  [[nodiscard]] std::size_t size() const { return households_.size(); }
  [[nodiscard]] const Household& operator[](std::size_t i) const { return households_[i]; }

  /// Levels [kWh], one a household, at which a day ended that was solved elsewhere.
  void set_next_levels(std::vector<double> levels) { battery_next_ = std::move(levels); }
  /// Begins study day `day` (counted from 0) from the levels at which the day before ended.
  void start_day(std::size_t day);

  /// Primal step: `offers` are everyone's A_u, row-major [community][T] [kWh], `rho` the penalty in
  /// force [cents/kWh²]. Error naming the prosumer when a solve does not converge.
  void solve(std::span<const double> offers, double rho);
  void solve(std::span<const double> offers) { solve(offers, terms_.rho); }
  /// The point found by the last solve().
  [[nodiscard]] const qp::Solution& iterate(std::size_t i) const { return iterates_[i]; }
  /// θ_u = (p − π)/ρ = (s_u − A_u)/n_u of that point (model.md 3 a) [kWh]; 0 without partners.
  [[nodiscard]] double theta(std::size_t i, std::size_t t) const;

  /// Answers proposed net trades, row-major [community][T] [kWh]; `prices` are those of the lower
  /// bound. A prosumer without partners takes its own price of the last solve() instead.
  std::vector<Answer> settle(std::span<const double> net_trades,
                             const market::ClearingPrices& prices);
  /// The schedule behind the last answer.
  [[nodiscard]] const qp::Solution& schedule(std::size_t i) const { return schedules_[i]; }
  /// Premium q [T] [cents/kWh] and multipliers behind the last answer's bound.
  [[nodiscard]] std::span<const double> premium(std::size_t i) const {
    return std::span(premiums_).subspan(i * terms_.slots, terms_.slots);
  }
  [[nodiscard]] const qp::Solution& bound_multipliers(std::size_t i) const { return bounds_[i]; }
  /// Level before the day's first slot [kWh].
  [[nodiscard]] double battery_start(std::size_t i) const { return battery_[i]; }
  /// Takes the schedules of the last answers as what happens: the next day starts from there.
  void adopt_schedules();

 private:
  /// `target_of(i)`: T numbers for household i.
  template <class TargetOf>
  void solve_all(qp::Mode mode, const TargetOf& target_of, std::vector<qp::Solution>& solutions,
                 const char* purpose);
  [[nodiscard]] std::span<const double> row_of(std::span<const double> community,
                                               std::size_t i) const;
  void choose_premiums(const market::ClearingPrices& prices);
  void solve_alone();

  std::vector<Household> households_;
  PublicTerms terms_;
  double rho_;  ///< of the last solve()
  qp::BatchSolver solver_;
  std::size_t day_ = 0;
  std::vector<double> battery_;
  std::vector<double> battery_next_;
  std::vector<qp::DayProblem> problems_;
  std::vector<qp::Task> tasks_;
  std::vector<qp::Solution> iterates_;
  std::vector<qp::Solution> schedules_;
  std::vector<qp::Solution> bounds_;
  std::vector<double> premiums_;  ///< q, row-major [households][T] [cents/kWh]
  std::vector<double> cost_alone_;
};

}  // namespace gridtally::admm
