#pragma once

#include "qp/kernel.hpp"

namespace gridtally::qp::kernel {

/// The kernel of two lanes at -O0.
void cold_2_unoptimised(const Batch& batch);
void warm_2_unoptimised(const Batch& batch);
/// The same for processors with fused multiply-add.
void cold_2_fusible(const Batch& batch);
void warm_2_fusible(const Batch& batch);

}  // namespace gridtally::qp::kernel
