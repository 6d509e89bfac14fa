#include "qp/kernel_body.hpp"

namespace gridtally::qp::kernel {

void solve_8(const Batch& batch) { Kernel<8>(batch).run(); }

}  // namespace gridtally::qp::kernel
