#include "qp/batch_solver.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "qp/packing.hpp"

namespace gridtally::qp {

namespace {

constexpr std::size_t alignment = 64;

kernel::Mode kernel_mode(Mode mode) {
  switch (mode) {
    case Mode::proximal:
      return kernel::Mode::proximal;
    case Mode::fixed:
      return kernel::Mode::fixed;
    case Mode::linear:
      break;
  }
  return kernel::Mode::linear;
}

void run(int lanes, const kernel::Batch& batch) {
  switch (lanes) {
    case 1:
      return kernel::solve_1(batch);
    case 2:
      return kernel::solve_2(batch);
    case 4:
      return kernel::solve_4(batch);
    default:
      return kernel::solve_8(batch);
  }
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
  const auto width = static_cast<std::size_t>(lanes_);
  workspace_.resize((kernel::slot_fields * slots + kernel::lane_fields) * width +
                    alignment / sizeof(double));
}

void BatchSolver::solve(Mode mode, std::span<const Task> tasks, std::span<Solution> solutions) {
  const auto width = static_cast<std::size_t>(lanes_);
  const auto address = reinterpret_cast<std::uintptr_t>(workspace_.data());
  const std::size_t skip = (alignment - address % alignment) % alignment / sizeof(double);
  double* slot = workspace_.data() + skip;
  const kernel::Batch batch{kernel_mode(mode), slots_, slot,
                            slot + kernel::slot_fields * slots_ * width};
  for (std::size_t begin = 0; begin < tasks.size(); begin += width) {
    const std::size_t count = std::min(width, tasks.size() - begin);
    for (std::size_t lane = 0; lane < width; ++lane) {
      const LaneView view(batch, lanes_, static_cast<int>(lane));
      pack(tasks[begin + std::min(lane, count - 1)], view);
      if (lane >= count) view.scalar(kernel::alive) = 0.0;
    }
    run(lanes_, batch);
    for (std::size_t lane = 0; lane < count; ++lane) {
      unpack(tasks[begin + lane], LaneView(batch, lanes_, static_cast<int>(lane)),
             solutions[begin + lane]);
    }
  }
}

}  // namespace gridtally::qp
