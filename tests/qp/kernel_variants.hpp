#pragma once

#include "qp/kernel.hpp"

namespace gridtally::qp::kernel {

void solve_2_unoptimised(const Batch& batch);  ///< -O0
void solve_2_fusible(const Batch& batch);      ///< for processors with fused multiply-add

}  // namespace gridtally::qp::kernel
