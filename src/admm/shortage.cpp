#include "admm/shortage.hpp"

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace gridtally::admm {

namespace {

constexpr std::size_t faults_kept = 50;

std::string kwh(double value) { return gridtally::to_text(value); }

/// The limits that hold in one slot of a solution, in words.
class Holding {
 public:
  Holding(const qp::DayProblem& day, const qp::Solution& x, std::size_t t)
      : day_(day), x_(x), t_(t) {}

  std::string text() {
    if (at(x_.grid[t_], day_.grid_max)) add("grid at grid_max_kwh " + kwh(day_.grid_max));
    add(day_.renewable[t_] > 0.0 ? "renewable at its " + kwh(day_.renewable[t_]) : "no renewable");
    battery();
    flexible();
    return text_;
  }

 private:
  static bool at(double value, double bound) {
    return std::abs(value - bound) <= shortage_tolerance * std::max(1.0, std::abs(bound));
  }

  void add(const std::string& part) { text_ += (text_.empty() ? "" : ", ") + part; }

  [[nodiscard]] double least_level(std::size_t t) const {
    return t + 1 == day_.slots ? std::max(day_.battery_min, day_.battery_end) : day_.battery_min;
  }

  void battery() {
    if (day_.battery_max <= day_.battery_min) return add("no battery");
    if (at(x_.discharge[t_], day_.discharge_max)) {
      return add("discharge at discharge_max_kwh " + kwh(day_.discharge_max));
    }
    std::size_t empty = t_;
    while (empty < day_.slots && !at(x_.stored[empty], least_level(empty))) ++empty;
    if (empty == day_.slots) return;
    const bool last = empty + 1 == day_.slots && day_.battery_end > day_.battery_min;
    add("battery down to " + std::string(last ? "battery_initial_kwh " : "battery_min_kwh ") +
        kwh(least_level(empty)) + (empty > t_ ? " in slot " + std::to_string(empty) : ""));
    charging(empty);
  }

  // Whether the battery could have been filled further before.
  void charging(std::size_t empty) {
    const auto full =
        std::count_if(x_.charge.begin(), x_.charge.begin() + static_cast<std::ptrdiff_t>(empty),
                      [&](double c) { return at(c, day_.charge_max); });
    if (full > 0) {
      add("charge at charge_max_kwh " + kwh(day_.charge_max) + " in " + std::to_string(full) +
          (full == 1 ? " slot before" : " slots before"));
    }
  }

  void flexible() {
    if (x_.flexible[t_] <= shortage_tolerance) return;
    if (at(x_.flexible[t_], day_.flexible_min[t_])) {
      return add("flexible load at flexible_min_kwh " + kwh(day_.flexible_min[t_]));
    }
    double energy = 0.0;
    for (std::size_t t = 0; t < day_.slots; ++t) energy += day_.flexible_reference[t];
    add("flexible load " + to_fixed(x_.flexible[t_], 6) + " of the day's " + kwh(energy) +
        " (sum of flexible_reference_kwh)");
  }

  const qp::DayProblem& day_;
  const qp::Solution& x_;
  std::size_t t_;
  std::string text_;
};

}  // namespace

std::optional<Shortage> find_shortage(const qp::DayProblem& day, const qp::Solution& solution) {
  Shortage found;
  for (std::size_t t = 0; t < day.slots; ++t) {
    const double missing = solution.unserved[t];
    if (missing <= shortage_tolerance) continue;
    ++found.slots;
    found.total += missing;
    if (missing <= found.missing) continue;
    found.slot = t;
    found.missing = missing;
  }
  if (found.slots == 0) return std::nullopt;
  found.limits = Holding(day, solution, found.slot).text();
  return found;
}

std::string to_text(const Shortage& shortage) {
  std::string text = "without trading " + to_fixed(shortage.missing, 6) + " kWh cannot be served";
  if (shortage.slots > 1) {
    text += " (" + to_fixed(shortage.total, 6) + " kWh in " + std::to_string(shortage.slots) +
            " slots of the day)";
  }
  return text + ": " + shortage.limits + "; raise a limit or lower the load";
}

void check_alone(std::span<const Household> households, const PublicTerms& terms, std::size_t days,
                 int lanes) {
  qp::BatchSolver solver(terms.slots, lanes);
  const std::vector<double> nothing(terms.slots, 0.0);
  std::vector<qp::DayProblem> problems(households.size());
  std::vector<qp::Task> tasks(households.size());
  std::vector<qp::Solution> solutions(households.size(), qp::Solution(terms.slots));
  std::vector<std::string> faults;
  for (std::size_t day = 0; day < days && faults.size() < faults_kept; ++day) {
    for (std::size_t i = 0; i < households.size(); ++i) {
      const auto& home = households[i];
      problems[i] = day_problem(terms, home, day, home.prosumer.battery_initial);
      tasks[i] = {&problems[i], nothing.data(), 0.0};
    }
    solver.solve(qp::Mode::fixed, tasks, solutions);
    for (std::size_t i = 0; i < households.size(); ++i) {
      if (solutions[i].status != qp::Status::solved)
        continue;  // the run says so, if it comes to it
      const auto shortage = find_shortage(problems[i], solutions[i]);
      if (!shortage) continue;
      faults.push_back("prosumer " + households[i].prosumer.name + ", day " + std::to_string(day) +
                       ", slot " + std::to_string(shortage->slot) + ": " + to_text(*shortage));
    }
  }
  if (!faults.empty()) throw InputError(faults);
}

}  // namespace gridtally::admm
