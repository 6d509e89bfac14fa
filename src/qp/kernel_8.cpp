#include "qp/kernel_body.hpp"

namespace gridtally::qp::kernel {

void warm_8(const Batch& batch) { warm<8>(batch); }
void cold_8(const Batch& batch) { cold<8>(batch); }
std::size_t workspace_8(std::size_t slots) { return workspace<8>(slots); }

}  // namespace gridtally::qp::kernel
