#if defined(__x86_64__)
#include "reference/block_kernel.hpp"

namespace gridtally::reference::block {
Kernel kernel_avx2() { return make_kernel(); }
}  // namespace gridtally::reference::block
#endif
