#include "audit/share.hpp"

#include <algorithm>
#include <thread>

namespace gridtally::audit {

unsigned threads_of(const Share& share, unsigned wanted) {
  if (wanted > 0) return wanted;
  return std::max(1U, std::thread::hardware_concurrency() / share.count);
}

}  // namespace gridtally::audit
