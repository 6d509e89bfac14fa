// The kernel of two lanes once more, compiled with the flags that CMakeLists.txt gives this file.
#include "qp/kernel_body.hpp"
#include "qp/kernel_variants.hpp"

namespace gridtally::qp::kernel {

void solve_2_unoptimised(const Batch& batch) { Kernel<2>(batch).run(); }

}  // namespace gridtally::qp::kernel
