#include "batches.hpp"

#include <algorithm>

namespace gridtally::bench {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double microseconds_since(std::chrono::steady_clock::time_point start) {
  const auto time = std::chrono::steady_clock::now() - start;
  return std::chrono::duration<double, std::micro>(time).count();
}

void Batches::solve(std::span<const qp::Task> tasks, std::span<qp::Solution> solutions,
                    qp::Start start) {
  for (std::size_t first = 0; first < tasks.size(); first += lanes_) {
    const std::size_t count = std::min(lanes_, tasks.size() - first);
    const auto begin = std::chrono::steady_clock::now();
    solver_.solve(qp::Mode::proximal, tasks.subspan(first, count), solutions.subspan(first, count),
                  start);
    const double each = microseconds_since(begin) / static_cast<double>(count);
    for (std::size_t i = first; i < first + count; ++i) microseconds_[i].push_back(each);
  }
}

double Batches::median_microseconds() const {
  std::vector<double> of_tasks;
  for (const auto& rounds : microseconds_) of_tasks.push_back(median(rounds));
  return median(std::move(of_tasks));
}

std::size_t count_unsolved(std::span<const qp::Solution> solutions) {
  return static_cast<std::size_t>(
      std::count_if(solutions.begin(), solutions.end(),
                    [](const auto& x) { return x.status != qp::Status::solved; }));
}

}  // namespace gridtally::bench
