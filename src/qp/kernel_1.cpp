#include "qp/kernel_body.hpp"

namespace gridtally::qp::kernel {

void solve_1(const Batch& batch) { Kernel<1>(batch).run(); }

}  // namespace gridtally::qp::kernel
