#include "qp/kernel_body.hpp"

namespace gridtally::qp::kernel {

void warm_1(const Batch& batch) { warm<1>(batch); }
void cold_1(const Batch& batch) { cold<1>(batch); }
std::size_t workspace_1(std::size_t slots) { return workspace<1>(slots); }

}  // namespace gridtally::qp::kernel
