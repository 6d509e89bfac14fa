#include "qp/batch_solver.hpp"

#include <array>
#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "qp/kernel.hpp"
#include "qp/kernel_adapter.hpp"

namespace gridtally::qp {

namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t most_lanes = 8;

Route route_of(kernel::Route route) {
  switch (route) {
    case kernel::Route::none:
      return Route::none;
    case kernel::Route::active_set:
      return Route::active_set;
    case kernel::Route::polished:
      return Route::polished;
    case kernel::Route::interior:
      break;
  }
  return Route::interior;
}

struct Width {
  int lanes;
  std::size_t (*workspace)(std::size_t slots);
  void (*warm)(const kernel::Batch&);
  void (*cold)(const kernel::Batch&);
};

const Width& width_of(int lanes) {
  using namespace kernel;
  static constexpr Width one{1, workspace_1, warm_1, cold_1};
  static constexpr Width two{2, workspace_2, warm_2, cold_2};
#if defined(__x86_64__)  // as supported_lanes() and CMakeLists.txt have it
  static constexpr Width four{4, workspace_4, warm_4, cold_4};
  static constexpr Width eight{8, workspace_8, warm_8, cold_8};
  if (lanes == 8) return eight;
  if (lanes == 4) return four;
#endif
  return lanes == 2 ? two : one;
}

// Collects problems until there is one a lane, then runs them.
class Lanes {
 public:
  Lanes(Mode mode, std::size_t slots, void* memory, const Width& width)
      : width_(width), batch_{kernel_mode(mode), slots,          memory,
                              days_.data(),      points_.data(), outcomes_.data()} {}

  [[nodiscard]] bool full() const { return count_ == static_cast<std::size_t>(width_.lanes); }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t index(std::size_t lane) const { return index_[lane]; }
  [[nodiscard]] const kernel::Outcome& outcome(std::size_t lane) const { return outcomes_[lane]; }

  void add(std::size_t index, const Task& task, Solution& solution) {
    day_[count_] = kernel_day(task);
    point_[count_] = kernel_point(solution);
    days_[count_] = &day_[count_];
    points_[count_] = &point_[count_];
    outcomes_[count_] = {};
    index_[count_++] = index;
  }

  void run(void (*kernel)(const kernel::Batch&)) {
    for (std::size_t lane = count_; lane < most_lanes; ++lane) days_[lane] = nullptr;
    kernel(batch_);
  }
  void clear() { count_ = 0; }

 private:
  const Width& width_;
  std::size_t count_ = 0;
  std::array<std::size_t, most_lanes> index_{};
  std::array<kernel::Day, most_lanes> day_{};
  std::array<kernel::Point, most_lanes> point_{};
  std::array<const kernel::Day*, most_lanes> days_{};
  std::array<const kernel::Point*, most_lanes> points_{};
  std::array<kernel::Outcome, most_lanes> outcomes_{};
  kernel::Batch batch_;
};

void take_outcome(const kernel::Outcome& outcome, int rounds_before, Solution& solution) {
  solution.route = route_of(outcome.route);
  solution.status = outcome.route == kernel::Route::none ? Status::not_converged : Status::solved;
  solution.iterations = outcome.iterations;
  solution.rounds = rounds_before + outcome.rounds;
}

}  // namespace

int supported_lanes() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return 8;
  if (__builtin_cpu_supports("avx2")) return 4;
#endif
  return 2;
}

BatchSolver::BatchSolver(std::size_t slots, int lanes)
    : slots_(slots), lanes_(lanes == 0 ? supported_lanes() : lanes) {
  if (slots < 1 || slots > 288) {
    throw InputError("a day has 1 to 288 slots, not " + std::to_string(slots));
  }
  const bool known = lanes_ == 1 || lanes_ == 2 || lanes_ == 4 || lanes_ == 8;
  if (!known || lanes_ > supported_lanes()) {
    throw InputError("this processor solves 1, 2, 4 or 8 problems side by side, at most " +
                     std::to_string(supported_lanes()) + ", not " + std::to_string(lanes_));
  }
  workspace_.resize((width_of(lanes_).workspace(slots) + alignment) / sizeof(double));
}

void BatchSolver::solve(Mode mode, std::span<const Task> tasks, std::span<Solution> solutions,
                        Start start) {
  const auto address = reinterpret_cast<std::uintptr_t>(workspace_.data());
  const std::size_t skip = (alignment - address % alignment) % alignment / sizeof(double);
  void* memory = workspace_.data() + skip;
  const Width& width = width_of(lanes_);
  Lanes warm(mode, slots_, memory, width);
  Lanes cold(mode, slots_, memory, width);
  const auto run_cold = [&] {
    cold.run(width.cold);
    for (std::size_t lane = 0; lane < cold.count(); ++lane) {
      Solution& solution = solutions[cold.index(lane)];
      take_outcome(cold.outcome(lane), solution.rounds, solution);
    }
    cold.clear();
  };
  const auto add_cold = [&](std::size_t i, int rounds) {
    solutions[i].rounds = rounds;
    cold.add(i, tasks[i], solutions[i]);
    if (cold.full()) run_cold();
  };
  const auto run_warm = [&] {
    warm.run(width.warm);
    for (std::size_t lane = 0; lane < warm.count(); ++lane) {
      const std::size_t i = warm.index(lane);
      const kernel::Outcome outcome = warm.outcome(lane);
      if (outcome.route == kernel::Route::none) {
        add_cold(i, outcome.rounds);
      } else {
        take_outcome(outcome, 0, solutions[i]);
      }
    }
    warm.clear();
  };
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const bool known = start == Start::warm && solutions[i].active_set[0] != 0;
    if (!known || mode == Mode::linear) {
      add_cold(i, 0);
      continue;
    }
    warm.add(i, tasks[i], solutions[i]);
    if (warm.full()) run_warm();
  }
  if (warm.count() > 0) run_warm();
  if (cold.count() > 0) run_cold();
}

}  // namespace gridtally::qp
