#include "qp/kernel_body.hpp"

namespace gridtally::qp::kernel {

void warm_2(const Batch& batch) { warm<2>(batch); }
void cold_2(const Batch& batch) { cold<2>(batch); }
std::size_t workspace_2(std::size_t slots) { return workspace<2>(slots); }

}  // namespace gridtally::qp::kernel
