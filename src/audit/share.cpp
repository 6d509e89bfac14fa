#include "audit/share.hpp"

#include <algorithm>

#include "base/process.hpp"

namespace gridtally::audit {

unsigned threads_of(const Share& share, unsigned wanted) {
  if (wanted > 0) return wanted;
  return std::max(1U, processors() / share.count);
}

}  // namespace gridtally::audit
