#include "reference/block_kernel.hpp"

namespace gridtally::reference::block {
Kernel kernel_baseline() { return make_kernel(); }
}  // namespace gridtally::reference::block
