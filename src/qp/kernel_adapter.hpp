#pragma once

#include "qp/day_problem.hpp"
#include "qp/kernel.hpp"

namespace gridtally::qp {

/// What the kernel is given of a task, a solution and a mode. The views borrow.
kernel::Mode kernel_mode(Mode mode);
kernel::Day kernel_day(const Task& task);
kernel::Point kernel_point(Solution& solution);

}  // namespace gridtally::qp
