#include "qp/kernel_body.hpp"

namespace gridtally::qp::kernel {

void warm_4(const Batch& batch) { warm<4>(batch); }
void cold_4(const Batch& batch) { cold<4>(batch); }
std::size_t workspace_4(std::size_t slots) { return workspace<4>(slots); }

}  // namespace gridtally::qp::kernel
