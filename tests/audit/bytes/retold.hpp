#pragma once

#include "audit/small_run.hpp"

/// A run as somebody tells it who holds no key but validator 0's, which signs the manifest: what
/// follows a block of day 0's trading counts on from another place, and is linked and hashed anew;
/// every other signature stays.
namespace gridtally::audit::testing {

void drop_block(SmallRun& run, std::uint64_t height);
/// At `height` and behind it.
void double_block(SmallRun& run, std::uint64_t height);

}  // namespace gridtally::audit::testing
