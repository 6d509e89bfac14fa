#include "instances.hpp"

#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "qp/batch_solver.hpp"

namespace gridtally::bench {

namespace {

constexpr unsigned seed = 24;

using Scalar = std::pair<const char*, double qp::DayProblem::*>;
constexpr Scalar scalars[] = {{"peak_price", &qp::DayProblem::peak_price},
                              {"p2p_price", &qp::DayProblem::p2p_price},
                              {"battery_min", &qp::DayProblem::battery_min},
                              {"battery_max", &qp::DayProblem::battery_max},
                              {"battery_start", &qp::DayProblem::battery_start},
                              {"battery_end", &qp::DayProblem::battery_end},
                              {"charge_max", &qp::DayProblem::charge_max},
                              {"discharge_max", &qp::DayProblem::discharge_max},
                              {"efficiency", &qp::DayProblem::efficiency},
                              {"grid_max", &qp::DayProblem::grid_max},
                              {"discomfort_weight", &qp::DayProblem::discomfort_weight},
                              {"wear_cost", &qp::DayProblem::wear_cost}};

using Series = std::pair<const char*, std::vector<double> qp::Day::*>;
constexpr Series series[] = {{"target", &qp::Day::target},
                             {"grid_price", &qp::Day::grid_price},
                             {"reserve_price", &qp::Day::reserve_price},
                             {"renewable", &qp::Day::renewable},
                             {"inflexible", &qp::Day::inflexible},
                             {"flexible_reference", &qp::Day::flexible_reference},
                             {"flexible_min", &qp::Day::flexible_min},
                             {"flexible_max", &qp::Day::flexible_max}};

std::string header() {
  std::string line = "optimum,compliance";
  for (const auto& [name, member] : scalars) line += std::string(",") + name;
  for (const auto& [name, member] : series) {
    for (std::size_t t = 0; t < slots; ++t) line += std::string(",") + name + std::to_string(t);
  }
  return line + "\n";
}

double optimum(const qp::Day& day) {
  const qp::Task task = day.task();
  qp::Solution solution(slots);
  qp::BatchSolver(slots).solve(qp::Mode::proximal, {&task, 1}, {&solution, 1});
  double distance = 0.0;
  for (std::size_t t = 0; t < slots; ++t) {
    const double miss = solution.net_trade[t] - day.target[t];
    distance += miss * miss;
  }
  return qp::cost(day.problem, solution) + distance / (2.0 * day.compliance);
}

std::string line(const qp::Day& day) {
  std::string text = to_text(optimum(day)) + "," + to_text(day.compliance);
  for (const auto& [name, member] : scalars) text += "," + to_text(day.problem.*member);
  for (const auto& [name, member] : series) {
    for (const double value : day.*member) text += "," + to_text(value);
  }
  return text + "\n";
}

}  // namespace

qp::Days instances() { return qp::random_days(seed, instance_count, slots); }

void write_instances(const qp::Days& days, std::size_t count, const std::filesystem::path& file) {
  std::string text = header();
  for (std::size_t i = 0; i < count; ++i) text += line(*days[i]);
  write_file_durably(file, text);
}

}  // namespace gridtally::bench
