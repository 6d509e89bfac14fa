#include "qp/kernel_body.hpp"

namespace gridtally::qp::kernel {

void solve_4(const Batch& batch) { Kernel<4>(batch).run(); }

}  // namespace gridtally::qp::kernel
