// The kernel of two lanes once more, compiled with the flags that CMakeLists.txt gives this file.
#include "qp/kernel_body.hpp"
#include "qp/kernel_variants.hpp"

namespace gridtally::qp::kernel {

void cold_2_unoptimised(const Batch& batch) { cold<2>(batch); }
void warm_2_unoptimised(const Batch& batch) { warm<2>(batch); }

}  // namespace gridtally::qp::kernel
