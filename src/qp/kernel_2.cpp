#include "qp/kernel_body.hpp"

namespace gridtally::qp::kernel {

void solve_2(const Batch& batch) { Kernel<2>(batch).run(); }

}  // namespace gridtally::qp::kernel
